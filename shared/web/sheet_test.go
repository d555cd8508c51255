//go:build !race

package web_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"easel/shared/cli"
	"easel/shared/web"
)

// The contact sheet of the command line opens from a file, looks as the page does and needs no script for its large view.
func TestTheContactSheetWorksFromAFileWithoutScript(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "pictures")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	var out, errs strings.Builder
	rows := strings.NewReader("prompt\na fox <b>in</b> the snow\nan owl\na hare\n")
	if code := cli.Main(t.Context(), []string{"bulk", "-", "--to", folder, "--yes", "--generator", "sim"}, rows, &out, &errs); code != 0 {
		t.Fatalf("%d\n%s\n%s", code, &out, &errs)
	}
	b := newTab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	for _, scheme := range []string{"light", "dark"} {
		b.media("prefers-color-scheme", scheme)
		b.open("file://" + filepath.ToSlash(folder) + "/contact.html")
		if n := eval[int](b, `[...document.querySelectorAll('.card img')].filter((i) => i.complete && i.naturalWidth).length`); n != 3 {
			t.Errorf("%d pictures, want 3", n)
		}
		b.shot("contact-" + scheme)
		b.click("#c1 .card-picture")
		if !eval[bool](b, `getComputedStyle(document.querySelector('#p1')).display === 'grid' && location.hash === '#p1'`) {
			t.Error("the large view does not open")
		}
		b.click("#p1 nav a:last-child")
		if !eval[bool](b, `getComputedStyle(document.querySelector('#p2')).display === 'grid' && getComputedStyle(document.querySelector('#p1')).display === 'none'`) {
			t.Error("the next one does not open")
		}
		if !eval[bool](b, `getComputedStyle(document.body).backgroundColor === `+quote(map[string]string{"light": "rgb(251, 250, 248)", "dark": "rgb(21, 21, 20)"}[scheme])) {
			t.Error("its colours are not those of the page")
		}
	}
	if !strings.Contains(web.CardCSS, ".card-picture") {
		t.Error("the style has no card")
	}
}
