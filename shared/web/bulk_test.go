//go:build !race

package web_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/local"
	"easel/shared/prompt"
	"easel/shared/request"
)

const rows = "id;prompt;Aspect Ratio;Shelf\nfox-1;a red fox in the snow;3:2;animals\nowl;an owl on a branch by night;2:3;animals\nboat;\"a boat [sim:500=2]\";1:1;things\n"

func onBulk(t *testing.T, s *server) *tab {
	t.Helper()
	b := newTab(t)
	b.open(s.url + "/#/bulk")
	b.until("the form", `document.querySelector('#f-rows') && document.querySelectorAll('#f-b-model option').length === 4`)
	return b
}

func TestAFileBecomesAPlanAndThenABatch(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	file := filepath.Join(t.TempDir(), "prompts.csv")
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS(".zone input[type=file]"), []string{file}))
	b.until("the plan", `document.querySelector('.plan .sum')?.innerText.includes('3 pictures') && document.querySelector('.plan .sum').innerText.includes('$0.12')`)
	plan := eval[string](b, `document.querySelector('.plan').innerText`)
	for _, want := range []string{"a red fox in the snow", "an owl on a branch by night", "semicolons", "UTF-8"} {
		if !strings.Contains(plan, want) {
			t.Errorf("the plan lacks %q:\n%s", want, plan)
		}
	}
	taken := eval[map[string]string](b, `Object.fromEntries([...document.querySelectorAll('.columns tbody tr')].map((r) => [r.querySelector('th').textContent, r.querySelector('select').value || 'metadata']))`)
	if diff := cmp.Diff(map[string]string{"id": "custom_id", "prompt": "prompt", "Aspect Ratio": "aspect_ratio", "Shelf": "metadata"}, taken); diff != "" {
		t.Error(diff)
	}
	if n := len(s.jobs()); n != 0 {
		t.Fatalf("a plan ordered %d", n)
	}
	b.click(".plan .primary")
	b.until("the batch under its file's name", `document.querySelector('h1').textContent === 'prompts'`)
	b.until("its end", `/2\s*made/.test(document.querySelector('.counts').innerText) && /1\s*failed/.test(document.querySelector('.counts').innerText)`)
	eval[bool](b, `[...document.querySelectorAll('.buttons button')].find((e) => e.textContent.includes('Retry 1')).click() || true`)
	b.until("all of them", `/3\s*made/.test(document.querySelector('.counts').innerText)`)
	b.click(".button.strong")
	b.until("its pictures", `document.querySelectorAll('.rows .card.is-succeeded').length === 3 && document.querySelector('.chip').innerText.includes('prompts')`)
	for _, j := range s.jobs() {
		if j.CustomID == "owl" && (j.Input.AspectRatio != "2:3" || j.Metadata["Shelf"] != "animals") {
			t.Errorf("the owl is %+v", j)
		}
	}
}

// A file of each kind can be dropped, and what it was taken for is said.
func TestAFileOfEachKindCanBeDropped(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	for _, f := range []struct{ name, text, taken string }{
		{"a.csv", "prompt,seed\r\na fox,1\r\nan owl,2\r\n", "a table with commas"},
		{"b.ndjson", `{"prompt":"a fox"}` + "\n" + `{"prompt":"an owl","shelf":"birds"}` + "\n", "JSON objects"},
		{"c.txt", "a fox\nan owl\n", "text, a prompt on each line"},
	} {
		eval[bool](b, `(() => { const data = new DataTransfer(); data.items.add(new File([`+quote(f.text)+`], `+quote(f.name)+`));
			return document.querySelector('.zone').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })) || true })()`)
		b.until("the plan of "+f.name, `document.querySelector('.zone label').textContent === 'Rows of `+f.name+`' && document.querySelector('.plan .sum')?.innerText.includes('2 pictures') && document.querySelector('.plan').innerText.includes(`+quote(f.taken)+`)`)
	}
}

// What a member of an order is called elsewhere, and what is none, mean the same in JSON as in a table.
func TestAnObjectsOwnNamesBecomeMetadata(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	b.do(chromedp.SendKeys(chromedp.CSS("#f-rows"), `{"prompt":"a fox"}`+"\n"+`{"prompt":"an owl","id":"o1","shelf":"birds","row":7}`))
	b.until("the columns", `document.querySelectorAll('.columns tbody tr').length === 4 && document.querySelector('.plan .sum')?.innerText.includes('2 pictures')`)
	b.click(".plan .primary")
	b.until("its end", `/2\s*made/.test(document.querySelector('.counts')?.innerText)`)
	for _, j := range s.jobs() {
		if j.Input.Prompt == "an owl" && (j.CustomID != "o1" || j.Metadata["shelf"] != "birds" || j.Metadata["row"] != "7") {
			t.Errorf("the owl is %+v", j)
		}
	}
}

func TestWhatIsWrongWithRowsStandsAtTheirLine(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	b.do(chromedp.SendKeys(chromedp.CSS("#f-rows"), "prompt,aspect_ratio\na fox,4:3\nan owl,1:1"))
	b.until("the line", `document.querySelector('.wrong-rows li')?.textContent.includes('line 2, column aspect_ratio')`)
}

func TestAColumnCanBeSaidToBeThePrompts(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	b.do(chromedp.SendKeys(chromedp.CSS("#f-rows"), "title,style,format\na fox,anime,png\nan owl,origami,jpeg"))
	b.until("the columns", `document.querySelectorAll('.columns tbody tr').length === 3`)
	b.choose(`select[aria-label="Column title is"]`, "prompt")
	b.until("the plan", `document.querySelector('.plan .sum')?.innerText.includes('2 pictures')`)
}

func TestATemplateIsPlannedAndOrdered(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	b.click(`input[name=mode][value=template]`)
	b.do(chromedp.SendKeys(chromedp.CSS("#f-template"), "a {red|blue} __animal__"))
	b.do(chromedp.SendKeys(chromedp.CSS("#f-list-animal"), "fox\nhare\nowl"))
	b.until("six", `document.querySelector('.plan .sum')?.innerText.includes('6 pictures')`)
	b.click(".plan .primary")
	b.until("its end", `/6\s*made/.test(document.querySelector('.counts')?.innerText)`)
}

func TestABatchIsCanceledFromItsPage(t *testing.T) {
	s := serve(t, local.Options{Sim: local.SimOptions{Tiny: true, Quota: 1, Latency: -1}})
	var made api.Batch
	s.call("POST", "/batches", "text/plain", strings.Repeat("a fox\n", 40), &made)
	b := newTab(t)
	b.open(s.url + "/#/bulk/" + made.ID)
	b.until("its estimated end", `/about .* more, until/.test(document.querySelector('.sheet').innerText)`)
	eval[bool](b, `[...document.querySelectorAll('.buttons button')].find((e) => e.textContent.includes('Cancel')).click() || true`)
	b.until("the canceled", `/\d+\s*canceled/.test(document.querySelector('.counts').innerText)`)
}

// More rows than one request takes are sent as several, and are one batch.
func TestALongFileIsSentInParts(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	file := filepath.Join(t.TempDir(), "long.csv")
	var text strings.Builder
	text.WriteString("custom_id,prompt\n")
	for n := range 2600 {
		text.WriteString(`row` + quoted(n) + `,"a fox,` + "\n" + `number ` + quoted(n) + "\"\n")
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	b.do(chromedp.SetUploadFiles(chromedp.CSS(".zone input[type=file]"), []string{file}))
	b.until("the plan", `document.querySelector('.plan .sum')?.innerText.includes('2,600 pictures')`)
	b.click(".plan .primary")
	b.until("the batch", `/2,600|\d/.test(document.querySelector('.counts')?.innerText)`)
	var l struct {
		Data []struct {
			Counts   struct{ Total int }
			SealedAt *string `json:"sealed_at"`
		}
	}
	s.call("GET", "/batches", "", "", &l)
	if len(l.Data) != 1 || l.Data[0].Counts.Total != 2600 || l.Data[0].SealedAt == nil {
		t.Errorf("got %+v", l.Data)
	}
}

func quoted(n int) string { b, _ := json.Marshal(n); return string(b) }

// The page says of columns what the reader of the service takes them for.
func TestColumnsMeanWhatTheReaderTakesThemFor(t *testing.T) {
	s := serve(t, local.Options{Sim: tiny()})
	b := onBulk(t, s)
	for _, text := range []string{
		rows, "prompt\na fox\n", "Prompt,Negative,Style,format,ratio\na,b,anime,png,1:1\n", "PROMPT\tseed\tuser\na\t1\tme\n",
		"id,custom_id,prompt\n1,2,a\n", "aspect,Aspect_Ratio,prompt\n1:1,3:2,a\n", "easel_error,prompt,Output Format\nx,a,png\n",
		"sep=;\nprompt;note\na;b\n", "\"prompt\",\"max model calls\"\na,2\n", "a fox, red\nan owl\n", `{"prompt":"a","shelf":"b","id":"7"}` + "\n", `[{"prompt":"a"}]`,
	} {
		want := readerSays(t, text)
		got := eval[map[string]any](b, `import('/web/lines.js').then((m) => { const t = m.take(`+quote(text)+`); return { format: t.format, rows: t.rows, columns: Object.fromEntries(m.columns(t.names).map((c) => [c.header, c.member || (c.report ? 'left out' : 'metadata')])) } })`)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-reader +page)\n%s", text, diff)
		}
	}
}

func readerSays(t *testing.T, text string) map[string]any {
	t.Helper()
	r, err := prompt.NewReader(strings.NewReader(text), prompt.Options{Lenient: true, Decode: func([]byte) (request.Request, error) { return request.Request{}, nil }})
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for {
		if _, err := r.Next(); err != nil {
			break
		}
		n++
	}
	columns := map[string]any{}
	for _, c := range r.Columns() {
		switch {
		case c.Member != "":
			columns[c.Header] = c.Member
		case c.Report:
			columns[c.Header] = "left out"
		default:
			columns[c.Header] = "metadata"
		}
	}
	return map[string]any{"format": string(r.Taken().Format), "rows": float64(n), "columns": columns}
}
