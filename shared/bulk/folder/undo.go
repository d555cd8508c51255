package folder

import (
	"os"
	"path/filepath"
)

// missing returns the folders that have to be made for one to be there, the deepest first.
func missing(dir string) (all []string) {
	for {
		if _, err := os.Lstat(dir); err == nil || !absent(err) {
			return all
		}
		all = append(all, dir)
		dir = filepath.Dir(dir)
	}
}

// unused reports whether the folder was first opened by this process and nothing was ordered for it or put into it. What
// lies in its inner folder by now, such as the data of a server that was asked nothing, is of no further use.
func (f *Folder) unused() bool {
	if !f.fresh || f.file == nil {
		return false
	}
	if _, err := f.root.Lstat(local(batchFile)); !absent(err) {
		return false
	}
	info, err := f.file.Stat()
	return err == nil && info.Size() == 0
}

// Forget drops what was to be ordered for a folder that was first opened by this process and holds no picture. It reports
// whether it is such a folder.
func (f *Folder) Forget() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.fresh || f.end > 0 {
		return false
	}
	f.changing.Lock()
	defer f.changing.Unlock()
	f.list = nil
	return f.drop(batchFile) == nil
}
