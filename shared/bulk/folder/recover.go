package folder

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"easel/shared/api"
	"easel/shared/job"
)

// stray is a picture of the folder that stands at the path of no entry.
type stray struct {
	file     string
	size     int64
	settings job.Settings // of a picture that tells them
}

// recover finds what a person has moved or renamed, and what a lost manifest knew. A picture that is not in its place is
// found by its SHA-256, or else by the job that it names, wherever it lies in the folder. One whose job the manifest
// does not know gets an entry: it was made by an Easel, and what it asked for stands in it.
func (v verification) recover(ctx context.Context, displaced []check) error {
	strays, err := v.strays(ctx)
	if err != nil {
		return err
	}
	others, err := v.displacedStrays(displaced)
	if err != nil {
		return err
	}
	if strays, err = v.recoverMoved(displaced, append(strays, others...)); err != nil {
		return err
	}
	left, err := v.leftBehind(displaced)
	if err != nil {
		return err
	}
	strays, err = v.recoverNamed(displaced, append(strays, left...))
	v.setUnknown(len(strays))
	return err
}

// displacedStrays are pictures that name another job than that of the entry whose path they have: a person has put them there, and
// the entry's own picture lies elsewhere or nowhere.
func (v verification) displacedStrays(displaced []check) (found []stray, err error) {
	for n := range displaced {
		c := &displaced[n]
		if c.found != fileEdited {
			continue
		}
		s, is, err := v.strayOf(c.File, c.now)
		if err != nil {
			return nil, err
		}
		if is && s.settings.Job != "" && s.settings.Job != c.JobID {
			c.found = fileGone
			v.mark(*c, flagMissing)
			found = append(found, s)
		}
	}
	return found, nil
}

// leftBehind are the files that stood at the paths of entries whose pictures were found elsewhere.
func (v verification) leftBehind(displaced []check) (found []stray, err error) {
	for _, c := range displaced {
		if c.found != fileEdited || v.owned(c.File) {
			continue
		}
		s, is, err := v.strayOf(c.File, c.now)
		if err != nil {
			return nil, err
		}
		if is {
			found = append(found, s)
		}
	}
	return found, nil
}

func (m *manifest) setUnknown(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unknown = n
}

// strays walks the folder. What begins with a dot is not looked at.
func (v verification) strays(ctx context.Context) (found []stray, err error) {
	err = fs.WalkDir(v.root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		switch hidden := name != "." && strings.HasPrefix(path.Base(name), "."); {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && name == ".":
			return err
		case err != nil || hidden && !entry.IsDir():
			return nil // what cannot be listed holds nothing that can be read
		case hidden:
			return fs.SkipDir
		case !entry.Type().IsRegular() || v.owned(name):
			return nil
		}
		info, err := entry.Info()
		report := slices.Contains([]string{manifestFile, failedFile, contactFile}, name) || contactPage.MatchString(name)
		if err != nil || info.Size() == 0 || report {
			return nil //nolint:nilerr // it was removed meanwhile
		}
		s, is, err := v.strayOf(name, info.Size())
		if is {
			found = append(found, s)
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		err = v.fail("look through", ".", err)
	}
	return found, err
}

// strayOf looks into a file. What is no whole picture is none, whatever its name.
func (v verification) strayOf(name string, size int64) (s stray, is bool, err error) {
	if state, err := v.stateOf(name); err != nil || state != fileEdited {
		return s, false, err
	}
	s = stray{file: name, size: size}
	s.settings, err = v.settingsOf(name)
	if errors.Is(err, job.ErrNoSettings) {
		err = nil
	}
	return s, true, err
}

func (d *directory) settingsOf(name string) (job.Settings, error) {
	file, err := d.root.Open(local(name))
	if err != nil {
		return job.Settings{}, d.fail("read", name, err)
	}
	defer file.Close()
	return job.ReadSettings(file)
}

// owned reports whether an entry has its picture at a path.
func (m *manifest) owned(name string) bool {
	at := pathDigest(name)
	m.mu.Lock()
	defer m.mu.Unlock()
	n, there := m.index.paths[at]
	return there && m.index.refs[n].path == at && m.index.refs[n].is(flagMade)
}

// recoverMoved finds pictures by their content, also where two have changed places. It returns the strays that are left.
func (v verification) recoverMoved(displaced []check, strays []stray) (left []stray, err error) {
	missed := sought{sizes: map[int64]bool{}, sums: map[string][]check{}}
	for _, c := range displaced {
		missed.sizes[c.Size] = true
		missed.sums[c.SHA256] = append(missed.sums[c.SHA256], c)
	}
	for _, c := range displaced {
		if c.found == fileEdited {
			if _, err := v.recoverFrom(stray{file: c.File, size: c.now}, missed); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range strays {
		known, err := v.recoverFrom(s, missed)
		if err != nil {
			return nil, err
		}
		if !known {
			left = append(left, s)
		}
	}
	return left, nil
}

// sought are pictures that are not in their places. Only files of their sizes are read.
type sought struct {
	sizes map[int64]bool
	sums  map[string][]check
}

// recoverFrom records that a file is one of the pictures sought, if it is.
func (v verification) recoverFrom(s stray, missed sought) (known bool, err error) {
	if !missed.sizes[s.size] {
		return false, nil
	}
	sum, err := v.hash(s.file)
	if err != nil {
		return false, v.fail("read", s.file, err)
	}
	same := missed.sums[sum]
	if len(same) == 0 {
		return false, nil
	}
	missed.sums[sum] = same[1:]
	return true, v.renew(same[0], s.file, false)
}

// recoverNamed finds pictures by the jobs that they name. It returns the strays of which nothing is known.
func (v verification) recoverNamed(displaced []check, strays []stray) (left []stray, err error) {
	byJob := map[string]stray{}
	for _, s := range strays {
		if _, twice := byJob[s.settings.Job]; s.settings.Job == "" || twice || uuid.Validate(s.settings.Job) != nil {
			left = append(left, s)
			continue
		}
		byJob[s.settings.Job] = s
	}
	for _, c := range displaced {
		if s, named := byJob[c.JobID]; named && v.isMissing(c) {
			delete(byJob, c.JobID)
			if err := v.renew(c, s.file, true); err != nil {
				return nil, err
			}
		}
	}
	return v.rebuild(byJob, left)
}

func (m *manifest) isMissing(c check) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := &m.index.refs[c.ref]
	return e.at == c.at && e.flags&(flagMissing|flagGone) != 0
}

// rebuild records the pictures whose jobs no line of the manifest names. Others are copies.
func (v verification) rebuild(byJob map[string]stray, left []stray) ([]stray, error) {
	err := v.lines(v.end, func(_ int64, text []byte) error {
		var c check
		if json.Unmarshal(text, &c) == nil && c.File != "" {
			if s, copied := byJob[c.JobID]; copied {
				left = append(left, s)
				delete(byJob, c.JobID)
			}
		}
		return nil
	})
	for _, s := range byJob {
		if err == nil && s.settings.Input.Prompt != "" {
			err = v.addStray(s)
			continue
		}
		left = append(left, s)
	}
	return left, err
}

// adoptedKey begins the keys of pictures whose rows are not known.
const adoptedKey = "job-"

// addStray gives a picture an entry. Which custom_id its row had is not known; what it asks for is.
func (v verification) addStray(s stray) error {
	sum, err := v.hash(s.file)
	if err != nil {
		return v.fail("read", s.file, err)
	}
	in := s.settings.Input
	e := Entry{
		Key: adoptedKey + s.settings.Job, JobID: s.settings.Job, Model: s.settings.Model, Seed: s.settings.Seed, Simulated: s.settings.Simulated,
		Input: api.JobRequest{Settings: in.Settings, Parameters: in.Parameters},
		File:  s.file, SHA256: sum, SizeBytes: s.size, Status: string(job.Succeeded),
	}
	if in.Image != nil {
		e.ImageSHA256 = in.Image.SHA256
	}
	if in.Mask != nil {
		e.MaskSHA256 = in.Mask.SHA256
	}
	return v.Record(e)
}
