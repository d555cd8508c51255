//go:build !race

package web_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"easel/shared/api"
	"easel/shared/gate"
	"easel/shared/local"
)

func TestAStarStaysAndIsFound(t *testing.T) {
	s, b, jobs := gallery(t, "a fox", "an owl")
	b.click(card(jobs[0]) + " .corner.star")
	b.until("the star", `document.querySelector(`+quote(card(jobs[0]))+` + ' .corner.star.on[aria-pressed=true]')`)
	b.click(".filters .toggle")
	b.until("the one with the star", `document.querySelectorAll('.rows .card').length === 1`)
	b.reload()
	b.until("the same after a reload", `document.querySelectorAll('.rows .card').length === 1 && document.querySelector('.corner.star.on')`)
	var j struct{ Starred bool }
	s.call("GET", "/jobs/"+jobs[0].ID, "", "", &j)
	if !j.Starred {
		t.Error("the server does not know of it")
	}
}

func TestWordsAreFoundInPrompts(t *testing.T) {
	_, b, jobs := gallery(t, "a red fox in the snow", "an owl by night", "a fox in the rain")
	b.write(".search input", "fox")
	b.until("both", `document.querySelectorAll('.rows .card').length === 2`)
	b.press(" snow")
	b.until("the one", `document.querySelectorAll('.rows .card').length === 1 && document.querySelector(`+quote(card(jobs[2]))+`)`)
	if !eval[bool](b, `document.activeElement.matches('.search input')`) {
		t.Error("the search lost the focus while it was typed")
	}
	b.write(".search input", "")
	b.until("everything", `document.querySelectorAll('.rows .card').length === 3`)
}

func TestThePicturesOfASelectionComeAsAZip(t *testing.T) {
	s, b, jobs := gallery(t, "a fox", "an owl", "a hare")
	b.click(card(jobs[0]) + " .pick input")
	b.click(card(jobs[1]) + " .pick input")
	b.until("the bar", `document.querySelector('.picked-bar a[download]')`)
	answer, err := http.Get(s.url + eval[string](b, `document.querySelector('.picked-bar a[download]').getAttribute('href')`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(z.File) != 3 {
		t.Fatalf("%d %v %.200s", answer.StatusCode, err, data)
	}
}

func TestAKeyIsChangedForASession(t *testing.T) {
	const key = "0123456789abcdef0123456789abcdef"
	file := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(file, []byte("ann "+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, local.Options{Sim: tiny(), KeysFile: file})
	b := newTab(t)
	b.open(s.url)
	b.until("the login", `document.querySelector('#key')`)
	b.write("#key", "not the key of anybody")
	b.press(kb.Enter)
	b.until("what is wrong", `document.querySelector('.problem')`)
	for _, scheme := range []string{"light", "dark"} {
		b.media("prefers-color-scheme", scheme)
		b.shot("login-" + scheme)
		for _, found := range b.axe() {
			t.Errorf("the login, %s: %s", scheme, found)
		}
	}
	b.write("#key", key)
	b.press(kb.Enter)
	b.until("the page", `document.querySelectorAll('.model').length === 3`)
	b.order("a fox with a key")
	b.until("the picture", `document.querySelector('.now .is-succeeded img.shown')`)
	b.reload()
	b.until("the page after a reload", `document.querySelector('.is-succeeded img.shown')`)
	if found := eval[string](b, `JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])`); contains(found, key) {
		t.Errorf("the key is kept: %s", found)
	}
	eval[bool](b, `[...document.querySelectorAll('.top button')].find((e) => e.textContent === 'Sign out').click() || true`)
	b.until("the login again", `document.querySelector('#key')`)
}

// Pages go through many records, and the page stays small and where it is while new ones come.
func TestPagesGoThroughManyRecords(t *testing.T) {
	records := gate.Size(1_000, 10_000)
	s := serve(t, local.Options{Sim: tiny()})
	for range records / 1000 {
		s.fill(1000, func(n int) string {
			return fmt.Sprintf(`{"prompt":"number %d","aspect_ratio":"%s"}`, n, []string{"1:1", "16:9", "2:3"}[n%3])
		})
	}
	b := onPage(t, s)
	b.until("a hundred", `document.querySelectorAll('.rows .card').length === 100`)
	seen := map[string]bool{}
	for page := 1; ; page++ {
		b.until(fmt.Sprintf("page %d", page), fmt.Sprintf(`document.querySelector('.pager span').textContent === 'Page %d' && document.querySelector('.gallery').getAttribute('aria-busy') === 'false'`, page))
		for _, id := range eval[[]string](b, `[...document.querySelectorAll('.rows [data-id]')].map((c) => c.dataset.id)`) {
			if seen[id] {
				t.Fatalf("%s is on two pages", id)
			}
			seen[id] = true
		}
		if nodes := eval[int](b, `document.querySelectorAll('*').length`); nodes > 3000 {
			t.Fatalf("page %d has %d nodes", page, nodes)
		}
		if page == 2 {
			s.make(api.JobRequest{Settings: api.Settings{Prompt: "a late one"}})
			b.until("the news, and the page as it was", `document.querySelector('.news')?.textContent === '1 new' && !document.querySelector('.now') && document.querySelector('.pager span').textContent === 'Page 2'`)
		}
		if eval[bool](b, `[...document.querySelectorAll('.pager button')].at(-1).disabled`) {
			break
		}
		eval[bool](b, `[...document.querySelectorAll('.pager button')].at(-1).click() || true`)
	}
	if len(seen) < records {
		t.Errorf("%d of %d records were seen", len(seen), records)
	}
	b.reload()
	b.until("the same page after a reload", fmt.Sprintf(`document.querySelector('.pager span')?.textContent === 'Page %d'`, records/100))
	eval[bool](b, `document.querySelector('.rows .card-picture').click() || true`)
	b.until("its large view", `document.querySelector('dialog.large .details')`)
	b.reload()
	b.until("its large view after a reload", `document.querySelector('dialog.large .hint')?.textContent.startsWith('1 of ')`)
	b.press(kb.Escape)
	b.until("the page that it was on", fmt.Sprintf(`!document.querySelector('dialog') && document.querySelector('.pager span').textContent === 'Page %d'`, records/100))
	b.click(".news, .pager button")
	b.until("the first page, with the late one", `document.querySelector('.pager span').textContent === 'Page 1' && document.body.innerText.includes('a late one')`)
}
