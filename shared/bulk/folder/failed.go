package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"

	"easel/shared/api"
	"easel/shared/prompt"
)

// reportColumns are what failed.csv has beside the columns of the source, in their order.
var reportColumns = []string{prompt.ReportColumns + "error_code", prompt.ReportColumns + "error_message", prompt.ReportColumns + "job_id"}

// members are the columns of a row that came from no CSV, as far as it has them; what else it has follows them.
var members = []string{
	"custom_id", "prompt", "model", "negative_prompt", "aspect_ratio", "seed", "style_preset", "output_format",
	"image", "strength", "parameters", "user", "deadline_seconds", "max_model_calls", "embed",
}

// failures yields the rows of this run that failed, in their order. A row that was multiplied comes once for all that
// became of it: run again, it is multiplied again.
func (m *manifest) failures(ctx context.Context, yield func(Entry) error) error {
	m.mu.Lock()
	ids := m.index.with(flagFailed | flagAsked)
	m.mu.Unlock()
	var before Entry
	for _, id := range ids {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := m.entry(m.startOf(id))
		if err != nil {
			return err
		}
		if e.Cells != nil && e.Line == before.Line && slices.Equal(e.Cells, before.Cells) {
			continue
		}
		before = e
		if err := yield(e); err != nil {
			return err
		}
	}
	return nil
}

func (m *manifest) startOf(id int32) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index.refs[id].at
}

// table is the head of failed.csv: the columns of all rows together, since not all need come from one file.
type table struct {
	names []string
	place map[string]int // by fold of column
	rows  int
	ascii bool
	code  encoding.Encoding // nil: UTF-8, which has what the source's encoding has not
}

// A cell is a column's name and what a row has there.
type cell struct{ name, text string }

func (t *table) take(cells []cell) {
	t.rows++
	for i, c := range cells {
		id := columnID(cells, i)
		if _, ok := t.place[id]; !ok {
			t.place[id] = len(t.names)
			t.names = append(t.names, c.name)
		}
		t.look(c.name)
		t.look(c.text)
	}
}

// look gives the encoding of the source up for a text that it cannot write.
func (t *table) look(text string) {
	if isASCII(text) {
		return
	}
	t.ascii = false
	if t.code != nil {
		if _, err := t.code.NewEncoder().String(text); err != nil {
			t.code = nil
		}
	}
}

func (t *table) row(cells []cell) []string {
	out := make([]string, len(t.names))
	for i, c := range cells {
		out[t.place[columnID(cells, i)]] = c.text
	}
	return out
}

// columnID is the same for the same column of two files: its name without regard to case, and which of that name it is.
func columnID(cells []cell, i int) string {
	n := 0
	for _, c := range cells[:i] {
		if strings.EqualFold(c.name, cells[i].name) {
			n++
		}
	}
	return fmt.Sprintf("%s %d", strings.ToLower(cells[i].name), n)
}

func isASCII(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}

// failedReport is failed.csv.
type failedReport struct{ *Folder }

// write rewrites failed.csv, or removes it where nothing failed.
func (r failedReport) write(ctx context.Context) error {
	t := &table{place: map[string]int{}, ascii: true, code: prompt.FindEncoding(r.Dialect.Encoding, htmlindex.Get)}
	err := r.failures(ctx, func(e Entry) error {
		t.take(cellsOf(e))
		t.look(messageOf(e))
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.rescue(); err != nil {
		return err
	}
	if t.rows == 0 {
		return r.drop(failedFile)
	}
	if err := r.Save(failedFile, func(w io.Writer) error { return r.writeFailed(ctx, w, t) }); err != nil {
		return err
	}
	hash, err := r.hash(failedFile)
	if err == nil {
		err = r.store(failedMark, []byte(hash+"\n"))
	}
	if err != nil {
		return r.fail("write", failedFile, err)
	}
	return nil
}

// writeFailed begins the file with a byte order mark where the source has one, and where UTF-8 needs it: without it Excel
// would take it for the encoding of the machine, and save it broken.
func (r failedReport) writeFailed(ctx context.Context, w io.Writer, t *table) error {
	out, err := newTableWriter(w, r.Dialect, t.code, r.Dialect.Mark || !t.ascii && t.code == nil)
	if err != nil {
		return err
	}
	if err := out.row(slices.Concat(t.names, reportColumns)); err != nil {
		return err
	}
	err = r.failures(ctx, func(e Entry) error {
		return out.row(slices.Concat(t.row(cellsOf(e)), []string{codeOf(e), messageOf(e), e.JobID}))
	})
	return errors.Join(err, out.close())
}

// rescue keeps a failed.csv that a person has edited since Easel wrote it.
func (r failedReport) rescue() error {
	hash, err := r.hash(failedFile)
	if absent(err) {
		return nil
	}
	if err != nil {
		return r.fail("read", failedFile, err)
	}
	written, err := r.root.ReadFile(local(failedMark))
	if err == nil && strings.TrimSpace(string(written)) == hash {
		return nil
	}
	if err != nil && !absent(err) {
		return r.fail("read", failedMark, err)
	}
	name := fmt.Sprintf("failed-edited-%s.csv", r.now().UTC().Format("20060102-150405"))
	if err := r.root.Rename(failedFile, name); err != nil {
		return r.fail("rename", failedFile, err)
	}
	return nil
}

func (d *directory) drop(name string) error {
	if err := d.root.Remove(local(name)); err != nil && !absent(err) {
		return d.fail("remove", name, err)
	}
	return nil
}

// cellsOf is a row as its file had it, or else what would make the same order.
func cellsOf(e Entry) (cells []cell) {
	if e.Cells == nil {
		return cellsOfInput(e)
	}
	for i, text := range e.Cells {
		name := fmt.Sprintf("column %d", i+1) // a row that has more cells than the header
		if i < len(e.Columns) {
			name = e.Columns[i]
		}
		if !prompt.Reported(name) {
			cells = append(cells, cell{name, text})
		}
	}
	return cells
}

func cellsOfInput(e Entry) (cells []cell) {
	in := e.Input
	in.CustomID = e.CustomID
	if print, _ := partsOf(e); print != "" && e.CustomID != "" {
		in.CustomID = e.Key // of several that one row became
	}
	set := membersOf(in)
	if e.ImageSHA256 != "" {
		set["image"] = leftOut(e.ImageSHA256)
	}
	if e.MaskSHA256 != "" {
		set["parameters"] = leftOut(e.MaskSHA256)
	}
	for _, name := range members {
		if text, ok := set[name]; ok {
			cells = append(cells, cell{name, text})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(in.Metadata)) {
		if !slices.Contains(members, strings.ToLower(name)) {
			cells = append(cells, cell{name, in.Metadata[name]})
		}
	}
	return cells
}

// leftOut is no image. The row is refused until it has one again, since without it another picture would be paid for.
func leftOut(hash string) string { return "put the image back here: sha256 " + hash }

func membersOf(in api.JobRequest) map[string]string {
	b, _ := json.Marshal(in) // it was JSON before
	var raw map[string]json.RawMessage
	_ = json.Unmarshal(b, &raw)
	set := map[string]string{}
	for name, value := range raw {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		set[name] = text
	}
	return set
}

func codeOf(e Entry) string {
	if e.Error == nil {
		return e.Status
	}
	return e.Error.Code
}

func messageOf(e Entry) string {
	if e.Error == nil {
		return ""
	}
	return e.Error.Message
}

// Report rewrites failed.csv and contact.html from the manifest.
func (f *Folder) Report(ctx context.Context) error {
	if err := (failedReport{f}).write(ctx); err != nil {
		return err
	}
	return contactSheet{f}.write(ctx, f.now().Truncate(time.Second))
}
