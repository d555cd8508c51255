//go:build !race

package web_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"easel/shared/local"
	"easel/shared/model"
)

// onPage opens the page and waits until the form is ready.
func onPage(t testing.TB, s *server) *tab {
	t.Helper()
	b := newTab(t)
	b.open(s.url)
	b.until("the models", `document.querySelectorAll('.model').length === 3`)
	return b
}

func TestAPictureIsOrderedWithItsSettings(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.write("#f-prompt", "a fox in the snow")
	b.write("#f-negative", "people")
	b.click(`input[name=model][value=ultra]`)
	b.click(`input[name=ratio][value="16:9"]`)
	b.choose("#f-style", "cinematic")
	b.click(`input[name=seed][value=lock]`)
	b.until("a seed to lock", `/^[1-9]\d*$/.test(document.querySelector('#f-seed').value)`)
	b.write("#f-seed", "42")
	b.click(`input[name=format][value=jpeg]`)
	b.until("what it costs", `document.querySelector('.price strong')?.textContent === '$0.14' && /about \d+ s/.test(document.querySelector('.price').textContent)`)
	b.do(chromedp.Focus(chromedp.CSS("#f-prompt")))
	b.press(kb.Enter, chromedp.ModifierCtrl)
	b.until("the picture", `document.querySelector('.now .card.is-succeeded img.shown')`)
	jobs := s.jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d jobs", len(jobs))
	}
	in := jobs[0].Input
	if in.Prompt != "a fox in the snow" || in.NegativePrompt != "people" || in.Model != "ultra" || in.AspectRatio != "16:9" || in.StylePreset != "cinematic" || in.Seed == nil || *in.Seed != 42 || in.OutputFormat != "jpeg" {
		t.Errorf("ordered %+v", in)
	}
}

func TestFourVariantsAreFourSeeds(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.write("#f-prompt", "a {fox} by the [sea]")
	b.click(`input[name=seed][value=variants]`)
	b.until("the cost of four", `document.querySelector('.price strong')?.textContent === '$0.16'`)
	b.click(".make .primary")
	b.until("four pictures", `document.querySelectorAll('.now .card.is-succeeded').length === 4`)
	seeds := map[int64]bool{}
	for _, j := range s.jobs() {
		seeds[j.Images[0].Seed] = true
		if j.Input.Prompt != "a {fox} by the [sea]" {
			t.Errorf("a prompt is no template here, and it became %q", j.Input.Prompt)
		}
	}
	if len(seeds) != 4 {
		t.Errorf("seeds %v", seeds)
	}
}

// The cost is right for what was chosen, and a problem stands at its field before anything is sent.
func TestProblemsLandAtTheirField(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.click(".make .primary")
	b.until("a word about the prompt", `document.querySelector('#p-prompt') && document.activeElement.id === 'f-prompt'`)
	b.write("#f-prompt", "a fox")
	b.click(`input[name=seed][value=lock]`)
	b.write("#f-seed", "99999999999")
	b.until("the problem of the seed", `document.querySelector('[data-field=seed] .problem')?.textContent.includes('out of range')`)
	b.do(chromedp.Focus(chromedp.CSS("#f-prompt")))
	b.click(".make-foot .fault")
	b.until("the focus where the price leads", `document.activeElement.closest('[data-field=seed].wrong')`)
	b.click(".make .primary")
	b.until("the focus at the seed", `document.querySelector('[data-field=seed].wrong').contains(document.activeElement)`)
	if n := len(s.jobs()); n != 0 {
		t.Errorf("%d jobs were ordered", n)
	}
	b.write("#f-seed", "7")
	b.until("an end of the problem", `!document.querySelector('.problem')`)
}

func TestADraftSurvivesAReload(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.write("#f-prompt", "half a thou")
	b.click(`input[name=ratio][value="9:16"]`)
	b.choose("#f-style", "origami")
	b.reload()
	b.until("the draft", `document.querySelector('#f-prompt').value === 'half a thou' && document.querySelector('input[name=ratio][value="9:16"]').checked && document.querySelector('#f-style').value === 'origami'`)
}

// An image that is pasted, wherever on the page, goes to the model that takes one.
func TestAPastedImageIsWhereThePictureStarts(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onPage(t, s)
	b.write("#f-prompt", "the same in autumn")
	eval[bool](b, `(async () => {
		const c = new OffscreenCanvas(128, 96);
		c.getContext('2d').fillRect(0, 0, 60, 60);
		const data = new DataTransfer();
		data.items.add(new File([await c.convertToBlob()], 'square.png', { type: 'image/png' }));
		document.activeElement.blur();
		document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
		return true })()`)
	b.until("the model that takes it", `document.querySelector('input[name=model][value=sd35]').checked && document.querySelector('.given img')`)
	eval[bool](b, `(() => { const r = document.querySelector('#f-strength'); Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set.call(r, '0.6'); return r.dispatchEvent(new Event('input', { bubbles: true })) })()`)
	b.click(".make .primary")
	b.until("the picture", `document.querySelector('.now .card.is-succeeded')`)
	j := s.jobs()[0]
	if j.Input.Image == nil || j.Input.Image.Width != 128 || j.Input.Strength == nil || *j.Input.Strength != 0.6 {
		t.Errorf("ordered %+v", j.Input)
	}
}

func TestStylesAreThoseOfTheCatalogue(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("page", "styles.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(data), "[")
	list, _, _ = strings.Cut(list, "]")
	var got []string
	for part := range strings.SplitSeq(list, ",") {
		if name := strings.Trim(strings.TrimSpace(part), "'"); name != "" {
			got = append(got, name)
		}
	}
	if want := model.Styles(); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("the page offers %v, the catalogue has %v", got, want)
	}
}
