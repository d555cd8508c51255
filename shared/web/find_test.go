//go:build !race

package web_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"easel/shared/api"
	"easel/shared/local"
)

// gallery is a server with some pictures, and a tab that shows them.
func gallery(t testing.TB, prompts ...string) (*server, *tab, []api.Job) {
	t.Helper()
	s := serve(t, local.Options{Sim: tiny()})
	for n, prompt := range prompts {
		s.make(api.JobRequest{Settings: api.Settings{Prompt: prompt, AspectRatio: []string{"3:2", "1:1", "9:16", "16:9"}[n%4]}})
	}
	b := onPage(t, s)
	b.until("the pictures", fmt.Sprintf(`document.querySelectorAll('.rows .card').length === %d`, len(prompts)))
	return s, b, s.jobs()
}

func card(j api.Job) string { return `[data-id="` + j.ID + `"]` }

func TestRowsAreJustified(t *testing.T) {
	_, b, _ := gallery(t, "a", "b", "c", "d", "e", "f", "g", "h", "i")
	ragged := eval[[]string](b, `(() => {
		const rows = new Map();
		for (const p of document.querySelectorAll('.rows .card-picture')) {
			const r = p.getBoundingClientRect();
			const top = Math.round(r.top);
			rows.set(top, [...(rows.get(top) || []), r]);
		}
		const all = [...rows.values()];
		const right = document.querySelector('.rows').getBoundingClientRect().right;
		return all.flatMap((row, n) => [
			...(Math.max(...row.map((r) => r.height)) - Math.min(...row.map((r) => r.height)) > 1.5 ? ['row ' + n + ' has heights ' + row.map((r) => r.height)] : []),
			...(n < all.length - 1 && Math.abs(Math.max(...row.map((r) => r.right)) - right) > 2 ? ['row ' + n + ' ends early'] : []),
		]) })()`)
	for _, line := range ragged {
		t.Error(line)
	}
}

func TestFiltersFind(t *testing.T) {
	s, b, _ := gallery(t, "a red fox", "a blue whale", "an owl [sim:filtered]")
	b.choose("select[aria-label=State]", "failed")
	b.until("the failed one with its reason", `document.querySelectorAll('.rows .card').length === 1 && /moderation/.test(document.querySelector('.rows').innerText)`)
	b.reload()
	b.until("the same after a reload", `document.querySelectorAll('.rows .card').length === 1 && document.querySelector('.is-failed')`)
	b.choose("select[aria-label=State]", "")
	b.choose("select[aria-label=Model]", "ultra")
	b.until("none of that model", `document.querySelector('.empty')`)
	b.click(".empty button")
	b.until("everything", `document.querySelectorAll('.rows .card').length === 3`)
	s.make(api.JobRequest{Settings: api.Settings{Prompt: "a fox of ultra", Model: "ultra"}})
	b.choose("select[aria-label=Model]", "ultra")
	b.until("that of the model", `document.querySelectorAll('.rows .card').length === 1`)
}

func TestTheLargeViewFollowsTheList(t *testing.T) {
	_, b, jobs := gallery(t, "the first", "the second", "the third")
	b.click(card(jobs[0]) + " .card-picture")
	b.until("the large view", `document.querySelector('dialog.large .details .prompt').textContent === 'the third'`)
	b.press(kb.ArrowRight)
	b.until("the next", `document.querySelector('dialog.large .details .prompt').textContent === 'the second'`)
	b.press(kb.ArrowRight)
	b.press(kb.ArrowLeft)
	b.until("the one before", `document.querySelector('dialog.large .details .prompt').textContent === 'the second'`)
	b.until("the mark in the list", `document.querySelector('.card.current').dataset.id === `+quote(jobs[1].ID))
	facts := eval[string](b, `document.querySelector('dialog.large dl').innerText`)
	for _, want := range []string{"Stable Image Core", fmt.Sprint(jobs[1].Images[0].Seed), "simulated", jobs[1].ID} {
		if !contains(facts, want) {
			t.Errorf("the settings lack %q:\n%s", want, facts)
		}
	}
	b.press(kb.Escape)
	b.until("the list, with the focus on the one that was open", `!document.querySelector('dialog') && document.activeElement.closest('[data-id]')?.dataset.id === `+quote(jobs[1].ID))
	b.do(chromedp.NavigateBack())
	b.until("no large view by the way back", `!document.querySelector('dialog')`)
}

func TestAgainAndAgainWithChanges(t *testing.T) {
	s, b, jobs := gallery(t, "a fox in the snow")
	b.click(card(jobs[0]) + " .card-picture")
	b.click("dialog .buttons .primary")
	b.until("another picture", `document.querySelectorAll('.is-succeeded').length === 2`)
	now := s.jobs()
	if now[0].Input.Prompt != "a fox in the snow" || now[0].Input.AspectRatio != "3:2" || now[0].Images[0].Seed == jobs[0].Images[0].Seed {
		t.Errorf("again is %+v", now[0].Input)
	}
	b.click(card(jobs[0]) + " .card-picture")
	eval[bool](b, `[...document.querySelectorAll('dialog .buttons button')].find((e) => e.textContent.includes('with changes')).click() || true`)
	b.until("the form with its settings", fmt.Sprintf(`document.querySelector('#f-prompt').value === 'a fox in the snow' && document.querySelector('#f-seed').value === '%d' && document.querySelector('input[name=ratio][value="3:2"]').checked`, jobs[0].Images[0].Seed))
	b.order("a hare in the snow")
	b.until("a third picture", `document.querySelectorAll('.is-succeeded').length === 3`)
	if last := s.jobs()[0]; last.Images[0].Seed != jobs[0].Images[0].Seed || last.Input.Prompt != "a hare in the snow" {
		t.Errorf("with changes is %+v", last.Input)
	}
}

func TestADeletionCanBeUndoneForEightSeconds(t *testing.T) {
	s, b, jobs := gallery(t, "one", "two")
	b.click(card(jobs[0]) + " .card-picture")
	b.until("the large view", `document.querySelector('dialog.large .details')`)
	b.press(kb.Delete)
	b.until("the next one", `document.querySelector('dialog.large .prompt').textContent === 'one'`)
	b.press(kb.Escape)
	b.until("one card", `document.querySelectorAll('.rows .card').length === 1`)
	if n := len(s.jobs()); n != 2 {
		t.Fatalf("it was sent at once: %d jobs", n)
	}
	b.click(".toast button")
	b.until("both cards", `document.querySelectorAll('.rows .card').length === 2`)
	b.do(chromedp.Focus(chromedp.CSS(card(jobs[0]) + " .card-picture")))
	b.press("x")
	b.until("the bar", `document.querySelector('.picked-bar')`)
	eval[bool](b, `[...document.querySelectorAll('.picked-bar button')].find((e) => e.textContent.includes('Delete')).click() || true`)
	begun := time.Now()
	b.until("one card", `document.querySelectorAll('.rows .card').length === 1`)
	b.reload()
	b.until("one card after a reload", `document.querySelectorAll('.rows .card').length === 1 && document.querySelector('.toast')`)
	b.until("an end of the time to undo", `!document.querySelector('.toast')`)
	for len(s.jobs()) == 2 {
		if time.Since(begun) > patience {
			t.Fatal("it was never sent")
		}
	}
}

func TestSelectingARangeAndComparing(t *testing.T) {
	_, b, jobs := gallery(t, "a fox in the snow", "a fox in the rain", "three", "four", "five")
	box := func(n int) string { return card(jobs[n]) + " .pick input" }
	b.click(box(0))
	eval[bool](b, `document.querySelector(`+quote(box(3))+`).dispatchEvent(new MouseEvent('click', { shiftKey: true, bubbles: true }))`)
	b.until("four of them", `document.querySelector('.picked-bar strong').textContent === '4 selected'`)
	eval[bool](b, `[...document.querySelectorAll('.list-head button')].find((e) => e.textContent.includes('page')).click() || true`)
	b.until("all of them", `document.querySelector('.picked-bar strong').textContent === '5 selected'`)
	eval[bool](b, `[...document.querySelectorAll('.picked-bar button')].find((e) => e.textContent === 'Clear').click() || true`)
	b.until("no bar", `!document.querySelector('.picked-bar')`)
	b.click(box(4))
	b.click(box(3))
	eval[bool](b, `[...document.querySelectorAll('.picked-bar button')].find((e) => e.textContent === 'Compare').click() || true`)
	b.until("both pictures", `document.querySelectorAll('dialog.compare .two img.shown').length === 2`)
	if marks := eval[[]string](b, `[...document.querySelectorAll('dialog.compare mark')].map((m) => m.textContent)`); len(marks) != 2 || marks[0] != "snow" || marks[1] != "rain" {
		t.Errorf("the words that differ are %q", marks)
	}
	table := eval[string](b, `document.querySelector('dialog.compare table').innerText`)
	if !contains(table, "Shape") || !contains(table, "Seed") || contains(table, "Model") {
		t.Errorf("the settings that differ:\n%s", table)
	}
}

// An address that has expired is asked for anew, and nothing broken is seen meanwhile.
func TestAnExpiredAddressIsRenewed(t *testing.T) {
	_, b, _ := gallery(t, "a fox", "an owl")
	b.until("both pictures", `document.querySelectorAll('.rows img.shown').length === 2`)
	eval[bool](b, `import('/web/store.js').then((m) => {
		const old = (url) => url && url.replace(/expires=\d+/, 'expires=1');
		for (const j of m.allJobs()) m.put({ ...j, images: j.images.map((i) => ({ ...i, url: old(i.url), thumbnail_url: old(i.thumbnail_url) })) });
		window.broken = 0;
		document.addEventListener('error', (e) => { if (e.target.matches('img')) window.broken++ }, true);
		return true })`)
	b.until("both pictures again", `window.broken === 2 && [...document.querySelectorAll('.rows img')].every((i) => i.complete && i.naturalWidth && !i.src.includes('expires=1&')) && document.querySelectorAll('.rows img.shown').length === 2`)
}

// A person who orders from a filtered list sees what becomes of the order all the same.
func TestWhatIsOrderedFromAFilteredListHasACard(t *testing.T) {
	s, b, jobs := gallery(t, "a red fox", "an owl")
	b.write(".search input", "fox")
	b.until("the fox", `document.querySelectorAll('.rows .card').length === 1`)
	b.order("a hare [sim:slow=1s]")
	b.until("the card of the hare", `document.querySelector('.now .card')?.innerText.includes('a hare')`)
	b.click(card(jobs[1]) + " .card-picture")
	b.until("the large view", `document.querySelector('dialog.large .buttons')`)
	b.click("dialog .primary")
	b.until("both pictures, and no news of them", `document.querySelectorAll('.now .is-succeeded img.shown').length === 2 && !document.querySelector('.news')`)
	s.make(api.JobRequest{Settings: api.Settings{Prompt: "a fox of somebody else"}})
	b.until("news of the other, which moves nothing", `document.querySelector('.news')?.textContent === '1 new' && document.querySelectorAll('.now .card').length === 2`)
}

// A file that misses its place does not lead away from the page.
func TestAFileThatIsDroppedBesideDoesNothing(t *testing.T) {
	_, b, _ := gallery(t, "a fox")
	if !eval[bool](b, `['dragover', 'drop'].every((name) => !document.querySelector('main').dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() })))`) {
		t.Error("the browser would open it")
	}
}

// With the keyboard alone: from the prompt to the picture, to its large view, and back.
func TestTheKeyboardReachesEverything(t *testing.T) {
	s, b, jobs := gallery(t, "one", "two", "three")
	b.press(kb.Tab)
	b.until("the way past the form", `document.activeElement.className === 'skip'`)
	b.press(kb.Enter)
	b.until("the focus in the pictures", `document.querySelector('main').contains(document.activeElement)`)
	for range 8 {
		if eval[bool](b, `Boolean(document.activeElement.closest('[data-id]'))`) {
			break
		}
		b.press(kb.Tab)
	}
	b.until("the first card", `document.activeElement.closest('[data-id]').dataset.id === `+quote(jobs[0].ID))
	b.press(kb.ArrowRight)
	b.until("the second card", `document.activeElement.closest('[data-id]').dataset.id === `+quote(jobs[1].ID))
	if !eval[bool](b, `getComputedStyle(document.activeElement).outlineStyle !== 'none'`) {
		t.Error("the focus cannot be seen")
	}
	b.press(kb.Enter)
	b.until("the large view", `document.querySelector('dialog.large .prompt').textContent === 'two'`)
	b.press(kb.Escape)
	b.until("the list", `!document.querySelector('dialog')`)
	b.do(chromedp.Focus(chromedp.CSS("#f-prompt")))
	b.press("four")
	b.press(kb.Enter, chromedp.ModifierCtrl)
	b.until("the picture", `document.querySelector('.now .is-succeeded')`)
	if n := len(s.jobs()); n != 4 {
		t.Errorf("%d jobs", n)
	}
}

func TestAPhoneHasEverythingAndNoScrollToTheSide(t *testing.T) {
	_, b, jobs := gallery(t, "one", "a prompt with averyveryveryveryveryveryveryveryveryveryveryverylongword in it", "three [sim:filtered]")
	b.size(360, 740)
	for _, view := range []string{"#/", "#/job/" + jobs[0].ID, "#/job/" + jobs[1].ID, "#/compare/" + jobs[1].ID + "/" + jobs[2].ID, "#/bulk"} {
		eval[bool](b, `(location.hash = `+quote(view)+`, true)`)
		b.until("the view "+view, `document.querySelector(`+quote(map[byte]string{'/': "main", 'j': "dialog.large .details", 'c': "dialog.compare table", 'b': ".bulk"}[view[min(2, len(view)-1)]])+`)`)
		if wide := eval[int](b, `Math.max(document.documentElement.scrollWidth, document.querySelector('dialog')?.scrollWidth || 0)`); wide > 360 {
			t.Errorf("%s is %d pixels wide: %v", view, wide, eval[[]string](b, `[...document.querySelectorAll('*')].filter((e) => e.getBoundingClientRect().right > 360.1).map((e) => e.tagName + '.' + e.className + ' ' + e.getBoundingClientRect().right).slice(0, 9)`))
		}
	}
	eval[bool](b, `(location.hash = '#/', true)`)
	b.until("the settings folded away", `document.querySelector('.fold') && getComputedStyle(document.querySelector('.settings')).display === 'none'`)
	b.click(".fold")
	b.until("the settings", `getComputedStyle(document.querySelector('.settings')).display !== 'none'`)
}
