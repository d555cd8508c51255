package folder

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/prompt"
)

// refail records failed rows of a CSV with these columns.
func refail(t *testing.T, f *Folder, header []string, rows map[string][]string) {
	t.Helper()
	if err := f.SetBatch(Batch{Server: "s", Header: header}); err != nil {
		t.Fatal(err)
	}
	for key, cells := range rows {
		e := failure(key, "a fox", "content_filtered")
		e.Server, e.Cells = "s", cells
		record(t, f, e)
	}
}

// report returns failed.csv, or nothing if there is none.
func report(t *testing.T, f *Folder) string {
	t.Helper()
	if err := f.Report(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !there(f, failedFile) {
		return ""
	}
	return read(t, f, failedFile)
}

const failedHead = "easel_error_code,easel_error_message,easel_job_id\n"

func TestFailedRowsHaveAllTheirOwnColumns(t *testing.T) {
	f := openAt(t, t.TempDir())
	refail(t, f, []string{"Title", "Note", "NOTE"}, map[string][]string{"a": {"a fox,\n\"red\"", "", "x"}})
	refail(t, f, []string{"title", "easel_error_code", "Extra"}, map[string][]string{"b": {"an owl", "expired", "1", "2"}})
	deliver(t, f, success("c", "made", 1), []byte("picture"))
	want := "Title,Note,NOTE,Extra,column 4," + failedHead +
		"\"a fox,\n\"\"red\"\"\",,x,,,content_filtered,The model kept the picture back.,job-a\n" +
		"an owl,,,1,2,content_filtered,The model kept the picture back.,job-b\n"
	if diff := cmp.Diff(want, report(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestFailedRowsOfNoCSVHaveWhatTheySet(t *testing.T) {
	f := openAt(t, t.TempDir())
	seed, strength, calls := int64(7), 0.4, 3
	e := failure("fox", "a fox", "content_filtered")
	e.Input = api.JobRequest{
		Settings: api.Settings{Prompt: "a fox", Seed: &seed, Strength: &strength}, CustomID: "fox", MaxModelCalls: &calls, Image: []byte("image"), Parameters: json.RawMessage(`{"steps":30}`), Metadata: map[string]string{"shop": "1", "Prompt": "of no use"},
	}
	record(t, f, e)
	other := failure("h-0123456789abcdef-1", "an owl", "internal")
	other.CustomID, other.Input.CustomID, other.Line = "", "h-0123456789abcdef-1", 3
	record(t, f, other)
	want := "custom_id,prompt,seed,image,strength,parameters,max_model_calls,shop," + failedHead +
		`fox,a fox,7,put the image back here: sha256 ` + job.HashOf([]byte("image")) + `,0.4,"{""steps"":30}",3,1,content_filtered,The model kept the picture back.,job-fox` + "\n" +
		",an owl,,,,,,,internal,The model kept the picture back.,job-h-0123456789abcdef-1\n"
	if diff := cmp.Diff(want, report(t, f)); diff != "" {
		t.Error(diff)
	}
}

func TestExcelIsToldTheEncodingWhereItMatters(t *testing.T) {
	f := openAt(t, t.TempDir())
	refail(t, f, []string{"prompt"}, map[string][]string{"a": {"ein Füchslein"}})
	if got := report(t, f); !strings.HasPrefix(got, "\ufeffprompt,") {
		t.Errorf("got %q, want a byte order mark first", got)
	}
}

func TestWhereNothingFailedThereIsNoFile(t *testing.T) {
	f := openAt(t, t.TempDir())
	record(t, f, failure("a", "a fox", "internal"))
	if report(t, f) == "" {
		t.Fatal("the failed row is not listed")
	}
	deliver(t, f, success("a", "a fox", 1), []byte("picture"))
	if got := report(t, f); got != "" {
		t.Errorf("there is still %q", got)
	}
}

// A row that was edited has another key, and the old one belongs to no row any more.
func TestOnlyRowsOfThisRunAreListed(t *testing.T) {
	f := openAt(t, t.TempDir())
	record(t, f, failure("a", "a fox", "internal"))
	record(t, f, failure("b", "an owl", "internal"))
	f = again(t, f)
	foundIn(f, rowOf("b", "an owl"))
	if got := report(t, f); strings.Contains(got, "job-a") || !strings.Contains(got, "job-b") {
		t.Errorf("got %q, want row b alone", got)
	}
}

func TestARowThatWasMultipliedIsListedOnce(t *testing.T) {
	f := openAt(t, t.TempDir())
	refail(t, f, []string{"prompt"}, map[string][]string{"a-1": {"a {red|blue} fox"}, "a-2": {"a {red|blue} fox"}})
	if got := report(t, f); strings.Count(got, "{red|blue}") != 1 {
		t.Errorf("got %q, want the row once", got)
	}
}

// Hours of work may be in the file that Report replaces.
func TestAFileThatSomebodyHasEditedIsKept(t *testing.T) {
	f := openAt(t, t.TempDir())
	record(t, f, failure("a", "a fox", "internal"))
	report(t, f)
	report(t, f)
	if names, _ := filepath.Glob(filepath.Join(f.Path, "failed*")); len(names) != 1 {
		t.Fatalf("got %q, and nobody has edited anything", names)
	}
	edited := []byte("prompt\na better fox\n")
	if err := os.WriteFile(filepath.Join(f.Path, failedFile), edited, 0o600); err != nil {
		t.Fatal(err)
	}
	report(t, f)
	names, _ := filepath.Glob(filepath.Join(f.Path, "failed*"))
	if len(names) != 2 {
		t.Fatalf("got %q, want failed.csv and what was edited", names)
	}
	if got := read(t, f, "failed-edited-20261103-093000.csv"); got != string(edited) {
		t.Errorf("kept %q", got)
	}
}

func TestADamagedEntryIsNoCrash(t *testing.T) {
	dir := t.TempDir()
	line := `{"key":"a","status":"failed","line":-3,"cells":["x"],"input":{"prompt":"a"}}` + "\n" +
		`{"key":"b","status":"succeeded","file":"../../etc/passwd","sha256":"../../../x","size_bytes":-1}` + "\n"
	if err := os.WriteFile(filepath.Join(dir, manifestFile), []byte(line), 0o600); err != nil {
		t.Fatal(err)
	}
	f := openAt(t, dir)
	foundIn(f, NewRow("a", "", Entry{Input: api.JobRequest{Settings: api.Settings{Prompt: "a"}}}.Print(), 0))
	if got := report(t, f); !strings.Contains(got, "column 1") {
		t.Errorf("got %q", got)
	}
	err := f.Verify(t.Context(), nil)
	if s, _ := f.Known("b"); err == nil && s.Made {
		t.Error("a file outside of the folder counts as a picture")
	}
	if _, err := os.Stat(filepath.Join(dir, "x")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// The program that wrote the source opens failed.csv as well.
func TestFailedRowsAreWrittenAsTheirSourceIs(t *testing.T) {
	const told = "content_filtered,The model kept the picture back.,job-a"
	wide := func(text string) string {
		b, err := prompt.FindEncoding("utf-16le", nil).NewEncoder().String("\ufeff" + text)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for name, c := range map[string]struct {
		taken  prompt.Taken
		prompt string
		want   string
	}{
		"commas":         {prompt.Taken{Separator: ",", Encoding: "utf-8"}, "a, b", "prompt," + failedHead + "\"a, b\"," + told + "\n"},
		"semicolons":     {prompt.Taken{Separator: ";", Encoding: "utf-8"}, "a, b", strings.ReplaceAll("prompt,"+failedHead, ",", ";") + "a, b;" + strings.ReplaceAll(told, ",", ";") + "\n"},
		"one column":     {prompt.Taken{Separator: "none", Encoding: "utf-8"}, "a", "prompt," + failedHead + "a," + told + "\n"},
		"all in quotes":  {prompt.Taken{Separator: ",", Quoted: true, CRLF: true}, `6" fox`, "\"prompt\",\"easel_error_code\",\"easel_error_message\",\"easel_job_id\"\r\n\"6\"\" fox\",\"content_filtered\",\"The model kept the picture back.\",\"job-a\"\r\n"},
		"Unicode Text":   {prompt.Taken{Separator: "tab", Encoding: "utf-16le", Mark: true, CRLF: true}, "狐", wide("prompt\t" + strings.ReplaceAll(strings.TrimSuffix(failedHead, "\n"), ",", "\t") + "\r\n狐\t" + strings.ReplaceAll(told, ",", "\t") + "\r\n")},
		"a mark":         {prompt.Taken{Separator: ",", Encoding: "utf-8", Mark: true}, "a", "\ufeffprompt," + failedHead + "a," + told + "\n"},
		"windows-1252":   {prompt.Taken{Separator: ",", Encoding: "windows-1252"}, "ü", "prompt," + failedHead + "\xfc," + told + "\n"},
		"shift_jis":      {prompt.Taken{Separator: ",", Encoding: "shift_jis"}, "狐", "prompt," + failedHead + "\x8c\xcf," + told + "\n"},
		"what has no ü":  {prompt.Taken{Separator: ",", Encoding: "ibm866"}, "ü", "\ufeffprompt," + failedHead + "ü," + told + "\n"},
		"no such source": {prompt.Taken{}, "ü", "\ufeffprompt," + failedHead + "ü," + told + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			f := openAt(t, t.TempDir())
			f.Dialect = c.taken
			if err := f.SetBatch(Batch{Server: "s", Header: []string{"prompt"}}); err != nil {
				t.Fatal(err)
			}
			e := failure("a", "a fox", "content_filtered")
			e.Server, e.Cells = "s", []string{c.prompt}
			record(t, f, e)
			if diff := cmp.Diff(c.want, report(t, f)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
