package folder

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync"
	"time"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/prompt"
)

// manifest is manifest.jsonl with what memory holds of its lines.
type manifest struct {
	*directory
	Now func() time.Time // nil: time.Now

	mu      sync.Mutex
	file    *os.File
	end     int64 // of the whole lines
	synced  time.Time
	index   manifestIndex
	broken  prompt.Faults // lines that were skipped
	unknown int           // pictures of the folder of which nothing is known
}

// Entry is a line of manifest.jsonl: how a row ended. The last of a key and of what its row asked for counts, but what the
// simulator made or failed to make never takes the place of a real picture. What the row asked for is not stored as a
// hash: it is computed from Input, ImageSHA256 and MaskSHA256, so that a later rule of what is the same picture reads old
// manifests too.
type Entry struct {
	Key         string         `json:"key"`                 // by which the batch knows the row; from a [Namer]
	CustomID    string         `json:"custom_id,omitempty"` // of the row as the file has it
	Line        int            `json:"line"`
	Input       api.JobRequest `json:"input"` // without its images
	ImageSHA256 string         `json:"image_sha256,omitempty"`
	MaskSHA256  string         `json:"mask_sha256,omitempty"`
	JobID       string         `json:"job_id,omitempty"`
	BatchID     string         `json:"batch_id,omitempty"`
	Server      string         `json:"server,omitempty"`
	Model       string         `json:"model,omitempty"`
	Seed        int64          `json:"seed,omitempty"`
	File        string         `json:"file,omitempty"` // within the folder, with slashes
	SHA256      string         `json:"sha256,omitempty"`
	SizeBytes   int64          `json:"size_bytes,omitempty"`
	ModifiedAt  *time.Time     `json:"modified_at,omitempty"` // of the file; Record fills it in
	CostUSD     json.Number    `json:"cost_usd,omitempty"`
	Simulated   bool           `json:"simulated,omitempty"`
	Status      string         `json:"status"` // of the job
	Error       *api.JobError  `json:"error,omitempty"`
	Columns     []string       `json:"columns,omitempty"` // of the cells; empty: Record takes the batch's header
	Cells       []string       `json:"cells,omitempty"`   // the row as the CSV had it; kept where it failed
	Gone        bool           `json:"gone,omitempty"`    // the picture was made, and a run has said that its file is missing
	At          time.Time      `json:"at"`
}

// made reports whether the entry tells of a picture.
func (e Entry) made() bool { return e.Status == string(job.Succeeded) && e.File != "" }

// State is what the folder knows of a key without looking anything up.
type State struct {
	Made      bool // a picture of it is in the folder, whatever its row asked for then
	Simulated bool // the picture, or the failure, is the simulator's
	Failed    bool
	Named     bool // its row had a custom_id
	Edited    bool // of Made: the file is another picture since it was fetched
	Rejected  bool // a person has put the picture into a folder named rejected
	Broken    bool // its picture was made, and the file at its path holds none
	Adopted   bool // a picture gave itself the entry, and no row has taken it yet
}

// Known returns what the folder knows of a key: a real picture counts more than a simulated one, and any more than a
// failure.
func (m *manifest) Known(key string) (State, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.index.best(DigestOf(key))
	if e == nil {
		return State{}, false
	}
	return e.state(), true
}

// Last returns the entry of a key that was recorded last.
func (m *manifest) Last(key string) (Entry, bool, error) {
	m.mu.Lock()
	at := int64(-1)
	if n, there := m.index.keys[DigestOf(key)]; there {
		at = m.index.refs[n].at
	}
	m.mu.Unlock()
	if at < 0 {
		return Entry{}, false, nil
	}
	e, err := m.entry(at)
	return e, err == nil, err
}

// entry reads the line that begins at an offset.
func (m *manifest) entry(at int64) (e Entry, err error) {
	r := io.NewSectionReader(m.file, at, math.MaxInt64-at)
	text, err := bufio.NewReader(r).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(text, &e)
	}
	if err != nil {
		return e, m.fail("read", manifestFile, err)
	}
	return e, nil
}

// Record appends an entry to the manifest. A picture named in it has to be in its place. A kill between the two leaves a
// picture without a line: the row is ordered again under its old name, the server has the job, and [Folder.Place] knows
// the file again.
func (f *Folder) Record(e Entry) error {
	if e.Key == "" {
		return errors.New("an entry of the manifest needs the key of its row")
	}
	if e.made() {
		if err := f.look(&e); err != nil {
			return err
		}
		_, _ = f.thumb(e) // the sheet says so if there is none
	}
	return f.append(f.tidy(e), true)
}

// look takes from the file by what it is known again.
func (m *manifest) look(e *Entry) error {
	info, err := m.root.Lstat(local(e.File))
	if err != nil {
		return m.fail("record", e.File, err)
	}
	if !info.Mode().IsRegular() || info.Size() != e.SizeBytes || e.SHA256 == "" {
		return fmt.Errorf("record %s in folder %s: it is not the picture of %d bytes that was fetched", e.File, m.Path, e.SizeBytes)
	}
	modified := info.ModTime().UTC()
	e.ModifiedAt = &modified
	return nil
}

// tidy leaves out what no later run reads: images, and the cells of a row that is done.
func (f *Folder) tidy(e Entry) Entry {
	if len(e.Input.Image) > 0 {
		e.ImageSHA256, e.Input.Image = job.HashOf(e.Input.Image), nil
	}
	e.Input.Parameters, e.MaskSHA256 = unmask(e.Input.Parameters, e.MaskSHA256)
	switch {
	case e.made():
		e.Columns, e.Cells = nil, nil
	case e.Cells != nil && e.Columns == nil:
		e.Columns = f.headerOf(e.Server)
	}
	if e.At.IsZero() {
		e.At = f.now().UTC()
	}
	return e
}

// unmask takes the mask out of parameters.
func unmask(parameters json.RawMessage, known string) (rest json.RawMessage, hash string) {
	var object map[string]json.RawMessage
	if json.Unmarshal(parameters, &object) != nil {
		return parameters, known
	}
	var mask []byte
	if json.Unmarshal(object["mask_image"], &mask) != nil || len(mask) == 0 {
		return parameters, known
	}
	delete(object, "mask_image")
	rest, _ = json.Marshal(object) // it was JSON before
	return rest, job.HashOf(mask)
}

// append writes a line whole or not at all, so that a disk that was full for a while leaves no half of one between others.
func (m *manifest) append(e Entry, asked bool) error {
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(e); err != nil {
		return fmt.Errorf("record row %s: %w", e.Key, err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.file.Write(b.Bytes()); err != nil {
		return m.fail("write", manifestFile, errors.Join(err, m.file.Truncate(m.end)))
	}
	m.index.enter(m.end, e, asked)
	m.end += int64(b.Len())
	return m.sync()
}

// sync makes the manifest durable, once a second: what a power cut takes is fetched again and not paid again.
func (m *manifest) sync() error {
	now := m.now()
	if now.Sub(m.synced) < time.Second {
		return nil
	}
	m.synced = now
	if err := m.file.Sync(); err != nil {
		return m.fail("write", manifestFile, err)
	}
	return nil
}

// Warnings are what was wrong in the manifest and had to be skipped, one sentence for each kind of it.
func (m *manifest) Warnings() (all []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range m.broken.Kinds {
		all = append(all, manifestFile+", "+k.String())
	}
	return all
}

func (m *manifest) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// Pictures is how many pictures lie in the folder that the manifest knows, and how many others.
func (m *manifest) Pictures() (known, unknown int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.index.with(flagMade)), m.unknown
}
