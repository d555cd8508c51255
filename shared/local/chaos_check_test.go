package local

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"easel/shared/bedrocksim"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/sqlite"
)

// file is a picture on the disk.
type file struct {
	key, job string
	stored   time.Time
}

// pictures lists what the store holds, by key.
func (s *siege) pictures() map[string]file {
	root := filepath.Join(s.data, "files")
	found := map[string]file{}
	err := filepath.WalkDir(filepath.Join(root, "images"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".json") || strings.HasPrefix(d.Name(), ".") {
			return ignored(err)
		}
		info, err := d.Info()
		if err != nil {
			return ignored(err)
		}
		key, err := filepath.Rel(root, path)
		key = filepath.ToSlash(key)
		found[key] = file{key: key, job: filepath.Base(filepath.Dir(path)), stored: info.ModTime()}
		return err
	})
	if err != nil {
		s.t.Error(err)
	}
	return found
}

// ignored drops the error of what is not there (yet).
func ignored(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

// look remembers the pictures of this moment, in which no server is alive.
func (s *siege) look() {
	now := time.Now()
	for key := range s.pictures() {
		if _, known := s.seen[key]; !known {
			s.seen[key] = now
		}
	}
}

// entries reads a simulator's ledger from its file.
func entries(t *testing.T, path string) (all []bedrocksim.Entry) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e bedrocksim.Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil {
			all = append(all, e)
		}
	}
	return all
}

// records reads every job from the database of a server that has ended.
func (s *siege) records() map[string]job.Job {
	db, err := sqlite.Open(s.t.Context(), filepath.Join(s.data, "easel.db"), sqlite.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	all := map[string]job.Job{}
	for q := (job.Query{Owner: "local", Limit: 100}); ; {
		page, more, err := db.List(s.t.Context(), q)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, j := range page {
			all[j.ID] = j
		}
		if q.After = more; more == nil {
			return all
		}
	}
}

// tally is what the end of a siege adds up to.
type tally struct {
	s       *siege
	status  map[job.Status]int
	codes   map[string]int
	wrong   map[string]int // findings, by what they are
	calls   map[string][]bedrocksim.Entry
	files   map[string][]file
	paid    int
	allowed int
	repeats int
	refused int // by the simulator's own quota
	total   int // requests that reached the simulator
	deleted int
}

// fault notes a finding. Of each kind the first few are told.
func (v *tally) fault(kind string, j string, detail any) {
	v.wrong[kind]++
	if v.wrong[kind] <= 3 {
		v.s.t.Errorf("%s: job %s: %+v", kind, j, detail)
	}
}

// judge compares jobs, pictures and ledger, and prints the table.
func (s *siege) judge(took time.Duration) {
	v := &tally{
		s: s, status: map[job.Status]int{}, codes: map[string]int{}, wrong: map[string]int{},
		calls: map[string][]bedrocksim.Entry{}, files: map[string][]file{},
	}
	for _, e := range s.entries() {
		v.total++
		switch {
		case e.Outcome != bedrocksim.Refused:
			v.calls[e.Hash] = append(v.calls[e.Hash], e)
		case e.Status == 429:
			v.refused++
		}
	}
	pictures := s.pictures()
	for _, f := range pictures {
		v.files[f.job] = append(v.files[f.job], f)
	}
	for key := range s.seen {
		if _, ok := pictures[key]; !ok && !s.erased[filepath.Base(filepath.Dir(filepath.FromSlash(key)))] {
			v.fault("stored and gone", pictures[key].job, key)
		}
	}
	records := s.records()
	for id, e := range s.orders {
		j, ok := records[id]
		if !ok && s.erased[id] {
			v.deleted++
			continue
		}
		if !ok {
			v.fault("lost", id, e.key)
			continue
		}
		v.look(j, e)
	}
	for id := range records {
		if _, ok := s.orders[id]; !ok {
			v.fault("never ordered", id, records[id].Input.Prompt)
		}
	}
	v.together()
	v.print(took)
	s.weigh()
}

// look at one job.
func (v *tally) look(j job.Job, e errand) {
	v.status[j.Status]++
	code := ""
	if j.Failure != nil {
		code = j.Failure.Code
		v.codes[code]++
	}
	switch {
	case !j.Status.Ended():
		v.fault("stuck", j.ID, j)
	case j.Status == job.Succeeded && (e.filtered || len(j.Images) == 0):
		v.fault("succeeded without a picture", j.ID, j)
	case j.Status == job.Canceled && !e.cancel && !v.s.dropped[j.ID]:
		v.fault("canceled by nobody", j.ID, j)
	case j.Status == job.Failed && !explained(code, e) && (code != job.CodeUnavailable || v.s.on[hour] == 0): // refused for an hour, by its clock
		v.fault("failed without a cause", j.ID, *j.Failure)
	}
	v.money(j, e)
	v.stored(j)
}

// explained says whether the faults of a siege can end an order so.
func explained(code string, e errand) bool {
	switch code {
	case job.CodeFiltered:
		return e.filtered
	case job.CodeExpired:
		return e.request.DeadlineSeconds != nil
	case job.CodeOverMaxCost:
		return e.bounded
	}
	return code == job.CodeExhausted || code == job.CodeModel
}

// slack is for the clock of the file system, which is a few milliseconds behind, and for a call that was
// on its way when another worker of the same process stored the picture.
const slack = 250 * time.Millisecond

// money holds the calls of a job against what it allows and what it says it cost.
func (v *tally) money(j job.Job, e errand) {
	calls := v.calls[bedrocksim.PromptHash(j.Sent.Prompt)]
	paid := len(calls)
	v.paid += paid
	v.allowed += j.MaxCalls * j.Generation
	if !e.bounded { // those have calls that are to fail
		v.repeats += max(0, paid-1)
	}
	if paid > j.MaxCalls*j.Generation {
		v.fault("paid more often than allowed", j.ID, []int{paid, j.MaxCalls, j.Generation})
	}
	if cost := int64(paid) * j.Price; j.CostMicroUSD < cost {
		v.fault("cost more than it says", j.ID, []int64{cost, j.CostMicroUSD})
	}
	for _, f := range v.files[j.ID] {
		there := f.stored.Add(slack)
		if kill, ok := v.s.seen[f.key]; ok && kill.Before(there) {
			there = kill // no worker was at work then
		}
		for _, c := range calls {
			if c.Time.After(there) {
				v.fault("generated again after it was stored", j.ID, []time.Time{there, c.Time})
			}
		}
	}
}

// stored holds the pictures of a job against the files.
func (v *tally) stored(j job.Job) {
	shown := map[string]bool{}
	for _, i := range j.Images {
		shown[i.Key] = true
		data, err := os.ReadFile(filepath.Join(v.s.data, "files", filepath.FromSlash(i.Key)))
		sum := sha256.Sum256(data)
		if err != nil || hex.EncodeToString(sum[:]) != i.SHA256 {
			v.fault("shown and not there", j.ID, []any{i.Key, err})
		}
	}
	for _, f := range v.files[j.ID] {
		if !shown[f.key] {
			v.fault("stored and not shown", j.ID, []any{f.key, j.Status})
		}
	}
}

// together looks at what no single job shows: a call was only repeated where its picture may have been
// lost on its way, and nothing but the faults was too fast.
func (v *tally) together() {
	s := v.s
	excuses := besiegedWorkers * (s.on[kill9] + s.on[killStart] + s.on[outlived] + s.on[forward] + s.on[hour])
	if s.weather != nil {
		excuses += int(s.weather.spoilt.Load())
	}
	if v.repeats > excuses {
		v.fault("calls repeated without a cause", "any", []int{v.repeats, excuses})
	}
	if v.refused*100 > v.total {
		v.fault("more than 1 % throttled by the quota", "any", []int{v.refused, v.total})
	}
	if len(s.faults) == 0 {
		return
	}
	for _, m := range model.Current() {
		if n, most := s.weather.busiest(m.ID, stretch), bearable(m); n > most {
			v.fault("called in a storm", "any of "+m.Alias, []int{n, most})
		}
	}
}

// stretch is the time in which calls are counted, to see that they keep their pace.
const stretch = 2 * time.Second

// bearable is how many calls of a model may come in a stretch: one for each slot, those that are late, and
// what the workers of a server hold in their hands, as do those of the one before it, while the machine is busy
// elsewhere.
func bearable(m model.Model) int {
	return int((stretch+time.Second).Minutes()*Options{}.setting(rush)(m.ID).Max) + 3*besiegedWorkers
}
