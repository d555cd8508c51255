//go:build !race

// The race run leaves the browser out: it would compile the protocol of the browser anew, which takes minutes, and what the
// server does side by side is tried under it in shared/api and shared/local.

package web_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"
)

// browsers are the names under which systems have a browser that these tests can drive.
var browsers = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless-shell"}

// found is the browser of this machine, or nothing. EASEL_BROWSER names another.
var found = sync.OnceValue(func() string {
	if named := os.Getenv("EASEL_BROWSER"); named != "" {
		return named
	}
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
})

// allocator starts one browser for all tests. Each has a profile of its own in it.
var allocator = sync.OnceValues(func() (context.Context, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(found()), chromedp.Flag("disable-gpu", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox) // root has none
	}
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, quit = chromedp.NewContext(ctx)
	return ctx, chromedp.Do(ctx)
})

var quit = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	quit()
	if found() == "" {
		fmt.Println("The tests of the page in a browser were left out: there is none (apt-get install chromium, or EASEL_BROWSER=path).")
	}
	os.Exit(code)
}

// needBrowser leaves a test out where there is no browser, unless one is required.
func needBrowser(t testing.TB) context.Context {
	t.Helper()
	if found() == "" {
		const none = "no browser is found (apt-get install chromium, or EASEL_BROWSER=path)"
		if os.Getenv("EASEL_REQUIRE_BROWSER") == "1" {
			t.Fatal(none)
		}
		t.Skip(none)
	}
	ctx, err := allocator()
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}
