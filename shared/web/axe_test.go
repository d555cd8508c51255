//go:build !race

package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"easel/shared/api"
	"easel/shared/local"
)

// axe runs axe-core in the page and returns what it finds.
func (b *tab) axe() []string {
	b.t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	if err != nil {
		b.t.Fatal(err)
	}
	eval[int](b, string(source)+"\n;0")
	return eval[[]string](b, `axe.run().then((r) => r.violations.map((v) => v.id + ': ' + v.help + '\n' + v.nodes.slice(0, 4).map((n) => '   ' + n.html.slice(0, 160) + '\n      ' + n.failureSummary.replaceAll('\n', ' ').slice(0, 300)).join('\n')))`)
}

// still waits until nothing moves but what moves for ever.
func (b *tab) still() {
	b.t.Helper()
	b.until("an end of every movement", `document.getAnimations().every((a) => a.playState === 'finished' || a.effect.getTiming().iterations === Infinity)`)
}

// Each view is looked at by axe, and by the reader of the screenshots, in light and dark.
func TestEveryViewIsAccessible(t *testing.T) {
	s := serve(t, local.Options{Sim: local.SimOptions{Quota: 20, Latency: -1}})
	batch := s.fill(3, func(n int) string {
		return []string{`{"prompt":"a castle on a hill"}`, `{"prompt":"a fox [sim:filtered]"}`, `{"prompt":"a robot in a garden","aspect_ratio":"3:2"}`}[n]
	})
	prompts := []string{"a red fox in the snow, morning light", "an owl on a branch by night", "a whale under a starry sky", "a lighthouse at dawn, watercolour", "a paper boat on a puddle", "the market of a desert town", "a fox that nobody may see [sim:filtered]", "a hare at dusk in tall grass", "an old tram in Lisbon, rain", "a bowl of lemons, still life", "girls before a mountain, with a river and some drinks", "a red fox in the rain, morning light"}
	ratios := []string{"3:2", "2:3", "16:9", "4:5", "1:1", "21:9", "1:1", "5:4", "3:2", "3:2", "16:9", "3:2"}
	for n, prompt := range prompts {
		s.make(api.JobRequest{Settings: api.Settings{Prompt: prompt, AspectRatio: ratios[n], OutputFormat: "jpeg"}})
	}
	jobs := s.jobs()
	views := []struct{ name, hash, ready string }{
		{"pictures", "#/", `document.querySelectorAll('.rows img.shown').length > 5`},
		{"large", "#/job/" + jobs[0].ID, `document.querySelector('dialog.large img.shown')`},
		{"failed", "#/job/" + jobs[5].ID, `document.querySelector('dialog.large .still')`},
		{"compare", "#/compare/" + jobs[0].ID + "/" + jobs[11].ID, `document.querySelectorAll('dialog.compare img.shown').length === 2`},
		{"nothing", "#/?status=canceled", `document.querySelector('.empty button')`},
		{"bulk", "#/bulk", `document.querySelector('.plan .sum')`},
		{"batch", "#/bulk/" + batch, `document.querySelectorAll('.rows img.shown').length === 2`},
	}
	for _, scheme := range []string{"light", "dark"} {
		b := onPage(t, s)
		b.media("prefers-color-scheme", scheme)
		for _, v := range views {
			b.open(s.url + "/" + v.hash)
			b.reload()
			if v.name == "bulk" {
				b.until("the form", `document.querySelector('#f-rows')`)
				b.do(chromedp.SendKeys(chromedp.CSS("#f-rows"), "id;prompt;Aspect Ratio;Shelf\nfox-1;a red fox in the snow;3:2;animals\nowl;an owl on a branch by night;2:3;animals\nboat;a paper boat on a puddle;1:1;things"))
			}
			b.until("the view "+v.name, v.ready)
			b.still()
			b.shot(v.name + "-" + scheme)
			for _, found := range b.axe() {
				t.Errorf("%s, %s: %s", v.name, scheme, found)
			}
		}
		b.bulkStates(s, scheme)
		b.open(s.url + "/#/")
		b.reload()
		b.until("the form", `document.querySelectorAll('.model').length === 3`)
		b.click(".rows .card .pick input")
		b.write("#f-prompt", "a fox in the snow")
		b.click(`input[name=seed][value=lock]`)
		b.write("#f-seed", "99999999999")
		b.until("a problem", `document.querySelector('.problem')`)
		for _, found := range b.axe() {
			t.Errorf("with a selection and a problem, %s: %s", scheme, strings.TrimSpace(found))
		}
		b.write("#f-seed", "7")
		b.size(390, 844)
		b.open(s.url + "/#/")
		b.reload()
		b.until("the pictures on a phone", `document.querySelectorAll('.rows img.shown').length > 2 && document.querySelector('.price strong')`)
		b.still()
		b.shot("phone-" + scheme)
		for _, found := range b.axe() {
			t.Errorf("phone, %s: %s", scheme, found)
		}
	}
}

// bulkStates looks at the form for many pictures with a template, and with rows that are wrong.
func (b *tab) bulkStates(s *server, scheme string) {
	b.t.Helper()
	b.open(s.url + "/#/bulk")
	b.reload()
	b.until("the form", `document.querySelector('#f-rows')`)
	b.write("#f-rows", "")
	b.do(chromedp.SendKeys(chromedp.CSS("#f-rows"), "prompt,aspect_ratio\na fox,4:3"))
	b.until("what is wrong", `document.querySelector('.wrong-rows li')`)
	b.shot("wrong-" + scheme)
	for _, found := range b.axe() {
		b.t.Errorf("rows that are wrong, %s: %s", scheme, found)
	}
	b.click(`input[name=mode][value=template]`)
	b.write("#f-template", "a {red|blue} __animal__")
	b.until("the list", `document.querySelector('#f-list-animal')`)
	b.shot("template-" + scheme)
	for _, found := range b.axe() {
		b.t.Errorf("a template, %s: %s", scheme, found)
	}
	b.click(`input[name=mode][value=rows]`)
}
