//go:build !race

package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a tab waits for what must come.
const patience = 30 * time.Second

// A tab is one page in the browser, in a profile of its own.
type tab struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// newTab opens an empty one. Whatever the page throws, or its policy forbids, fails the test.
func newTab(t testing.TB) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(needBrowser(t), chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return listen(t, ctx)
}

// beside opens another tab of the same profile.
func (b *tab) beside() *tab {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	b.t.Cleanup(cancel)
	return listen(b.t, ctx)
}

func listen(t testing.TB, ctx context.Context) *tab {
	t.Helper()
	b := &tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || strings.Contains(m.Text, "Content Security Policy") || strings.Contains(m.Text, "ERR_BLOCKED") {
				b.mu.Lock()
				b.faults = append(b.faults, m.String())
				b.mu.Unlock()
			}
		}
	}()
	t.Cleanup(func() {
		for _, fault := range b.failures() {
			t.Error(fault)
		}
	})
	b.size(1280, 860)
	return b
}

func (b *tab) failures() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.faults
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatalf("%v\n%s", err, b.text())
	}
}

func (b *tab) open(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
}

func (b *tab) reload() {
	b.t.Helper()
	b.do(chromedp.Reload())
}

// size sets the window, on a phone's terms where it is narrow.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// media sets what the user prefers, such as prefers-color-scheme.
func (b *tab) media(name, value string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: name, Value: value}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// eval runs a script in the page and returns what it, or its promise, comes to.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// until waits for a condition in the page. The page looks again and again, so no time is lost; a page that goes away
// meanwhile is asked anew.
func (b *tab) until(what, condition string) {
	b.t.Helper()
	script := fmt.Sprintf(`new Promise((done) => { const look = () => ((() => { try { return %s } catch { return false } })() ? done(true) : setTimeout(look, 20)); look(); })`, condition)
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		if err == nil {
			return
		}
		if ctx.Err() != nil || !strings.Contains(err.Error(), "navigated") && !strings.Contains(err.Error(), "destroyed") && !strings.Contains(err.Error(), "collected") {
			b.t.Fatalf("waited in vain for %s: %s (%v)\n%s", what, condition, err, b.text())
		}
	}
}

// text is what stands on the page, for a person who looks for a fault.
func (b *tab) text() string {
	ctx, cancel := context.WithTimeout(b.ctx, 5*time.Second)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + '\n' + document.title + '\n' + [document.querySelector('main')?.innerText, document.querySelector('dialog')?.innerText, document.querySelector('.toasts')?.innerText].join('\n--\n').replace(/\n+/g, '\n').slice(0, 1500)`))
	if err != nil {
		return err.Error()
	}
	return v
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// press sends keys to whatever has the focus.
func (b *tab) press(keys string, modifiers ...chromedp.Modifier) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(modifiers...)))
}

// write replaces what stands in a field by typing.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	b.do(chromedp.Focus(chromedp.CSS(selector)))
	eval[bool](b, fmt.Sprintf(`document.querySelector(%s).select() || true`, quote(selector)))
	if text == "" {
		b.press(kb.Backspace)
		return
	}
	b.press(text)
}

// choose picks an entry of a select.
func (b *tab) choose(selector, value string) {
	b.t.Helper()
	eval[bool](b, fmt.Sprintf(`(() => { const s = document.querySelector(%s); s.value = %s; s.dispatchEvent(new Event('change', { bubbles: true })); return s.value === %s })()`, quote(selector), quote(value), quote(value)))
}

// quote makes a text one of a script.
func quote(text string) string {
	b, _ := json.Marshal(text) // a text cannot fail
	return string(b)
}

// shot writes a screenshot where EASEL_SHOTS names a folder.
func (b *tab) shot(name string) {
	b.t.Helper()
	folder := os.Getenv("EASEL_SHOTS")
	if folder == "" {
		return
	}
	quality := int64(85)
	result, err := chromedp.Call(b.ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatJpeg, Quality: &quality})
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, name+".jpg"), result.Data, 0o600)
	}
	if err != nil {
		b.t.Error(err)
	}
}

func contains(text, part string) bool { return strings.Contains(text, part) }
