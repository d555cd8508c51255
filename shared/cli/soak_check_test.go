package cli_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bedrocksim"
	"easel/shared/bulk/folder"
)

// judge looks at what is left: the batch, the folder and the simulator's ledger.
func (s *soak) judge() {
	s.Helper()
	c, err := client.New(s.url, "")
	if err != nil {
		s.Fatal(err)
	}
	batch, _ := s.client.batch.Load().(string)
	s.counted(c, batch)
	s.kept(s.listed(c, batch))
	s.paid()
}

// counted wants the batch to say that every line has succeeded. It counts anew only now and then.
func (s *soak) counted(c *client.Client, batch string) {
	want := api.Counts{Total: int64(s.lines), Succeeded: int64(s.lines)}
	for tries := 0; ; tries++ {
		b, err := c.Batch(s.ctx, batch, 0)
		if err != nil {
			s.Fatal(err)
		}
		if b.Counts == want {
			return
		}
		if tries == 20 {
			s.Errorf("the batch counts %+v, want %+v", b.Counts, want)
			return
		}
		s.rest(time.Second)
	}
}

// listed reads all jobs of the batch and returns the hash of the one picture of each, by custom_id.
func (s *soak) listed(c *client.Client, batch string) map[string]string {
	hashes, jobs := map[string]string{}, 0
	for q := (client.ListQuery{BatchID: batch, Limit: 100}); ; {
		page, err := c.List(s.ctx, q)
		if err != nil {
			s.Fatal(err)
		}
		for _, j := range page.Data {
			jobs++
			if j.Status != "succeeded" || len(j.Images) != 1 {
				s.fault("job %s of %s is %s and has %d pictures", j.ID, j.CustomID, j.Status, len(j.Images))
				continue
			}
			hashes[j.CustomID] = j.Images[0].SHA256
		}
		if !page.HasMore {
			break
		}
		q.Cursor = *page.NextCursor
	}
	if jobs != s.lines || len(hashes) != s.lines {
		s.Errorf("the batch has %d jobs with pictures for %d rows, want %d", jobs, len(hashes), s.lines)
	}
	return hashes
}

// kept holds the pictures in the folder against its manifest, and that against the batch.
func (s *soak) kept(hashes map[string]string) {
	files := map[string]string{} // hash by name, of what is to be there
	for key, e := range s.manifest() {
		if e.SHA256 == "" || e.SHA256 != hashes[key] {
			s.fault("row %q is %s with a picture %q in the manifest, and the server's is %q", key, e.Status, e.SHA256, hashes[key])
		}
		files[e.File] = e.SHA256
	}
	if len(files) != s.lines {
		s.Errorf("the manifest names %d files, want %d", len(files), s.lines)
	}
	there := 0
	err := filepath.WalkDir(s.to, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == ".easel":
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".png":
			return nil
		}
		there++
		name, data := strings.TrimPrefix(filepath.ToSlash(path), filepath.ToSlash(s.to)+"/"), []byte(nil)
		if data, err = os.ReadFile(path); err != nil {
			return err
		}
		if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != files[name] {
			s.fault("%s is not the picture that the manifest names: %q", name, files[name])
		}
		return nil
	})
	if err != nil || there != s.lines {
		s.Errorf("%d pictures are in the folder, want %d: %v", there, s.lines, err)
	}
}

// manifest is the last entry of each row. A picture that a kill left without a line gave itself one, until its row had it.
func (s *soak) manifest() map[string]folder.Entry {
	all, keys := map[string]folder.Entry{}, map[string]string{}
	s.each(filepath.Join(s.to, "manifest.jsonl"), func(line []byte) error {
		var e folder.Entry
		err := json.Unmarshal(line, &e)
		if key, there := keys[e.File]; there && e.File != "" && key != e.Key {
			delete(all, key)
		}
		all[e.Key], keys[e.File] = e, e.Key
		return err
	})
	return all
}

// ledger counts how often each prompt was executed.
func (s *soak) ledger() map[string]int {
	calls := map[string]int{}
	s.each(filepath.Join(s.data, "ledger.jsonl"), func(line []byte) error {
		var e bedrocksim.Entry
		err := json.Unmarshal(line, &e)
		if e.Outcome == bedrocksim.Executed {
			calls[e.Hash]++
		}
		return err
	})
	return calls
}

// each reads a file line by line. A line that a kill tore is logged; what it stood for shows elsewhere.
func (s *soak) each(path string, see func(line []byte) error) {
	f, err := os.Open(path)
	if err != nil {
		s.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		if err := see(lines.Bytes()); err != nil {
			s.Logf("%s: %v", filepath.Base(path), err)
		}
	}
	if lines.Err() != nil {
		s.Error(lines.Err())
	}
}
