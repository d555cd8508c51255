package disk

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// The files of a data folder that belong to this package.
const (
	lockFile      = "lock" // empty: Windows lets no process read a file that another has locked
	holderFile    = "holder.json"
	generatorFile = "generator"
	keyFile       = "key"
	storeFolder   = "files"
)

// keyBytes is the length of the folder's secret and of the keys derived from it.
const keyBytes = 32

// Folder is a data folder that this process has to itself.
type Folder struct {
	Path string // absolute

	tree   *tree
	lock   *flock.Flock
	secret []byte
	holder Holder
}

// OpenFolder opens the data folder for one kind of generator, such as sim or bedrock, and creates it (for this user
// only) if need be. It returns a [*HeldError] if another process has the folder. A folder that belongs to another
// generator is refused, since simulated pictures must never pass for real ones, and so is a secret that other
// users can read.
func OpenFolder(path, generator string) (*Folder, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data folder %s: %w", path, err)
	}
	if err := os.MkdirAll(path, 0o700); err != nil {
		return nil, fmt.Errorf("create data folder %s: %w%s", path, err, advice(err))
	}
	f := &Folder{Path: path, lock: flock.New(filepath.Join(path, lockFile), flock.SetPermissions(0o600))}
	if err := f.take(); err != nil {
		return nil, err
	}
	if err := f.load(generator); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// take locks the folder or says who has it.
func (f *Folder) take() error {
	ok, err := f.lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock data folder %s: %w%s", f.Path, err, advice(err))
	}
	if !ok {
		return &HeldError{Path: f.Path, Holder: readHolder(filepath.Join(f.Path, holderFile))}
	}
	return nil
}

// load writes the holder first: the file tells whether this file system keeps modes.
func (f *Folder) load(generator string) (err error) {
	if f.tree, err = openTree(f.Path); err != nil {
		return err
	}
	f.holder = Holder{PID: os.Getpid(), Started: time.Now()}
	if err := f.note(); err != nil {
		return err
	}
	if err := f.claim(generator); err != nil {
		return err
	}
	return f.unseal()
}

// claim writes the generator's name into a new folder, or compares it with the one that is there.
func (f *Folder) claim(generator string) error {
	data, err := f.tree.once(generatorFile, []byte(generator+"\n"))
	if err != nil {
		return err
	}
	if owner := strings.TrimSpace(string(data)); owner != generator {
		return fmt.Errorf("data folder %s holds jobs of generator %q and cannot be used with %q: "+
			"choose another folder with --data, so that simulated and real pictures stay apart", f.Path, owner, generator)
	}
	return nil
}

// unseal reads the folder's secret, or draws one for a new folder.
func (f *Folder) unseal() (err error) {
	drawn := make([]byte, keyBytes)
	rand.Read(drawn)
	if f.secret, err = f.tree.once(keyFile, drawn); err != nil {
		return err
	}
	name := filepath.Join(f.Path, keyFile)
	if len(f.secret) != keyBytes {
		return fmt.Errorf("key file %s has %d bytes, not %d: delete it and start again; addresses and cursors given out before stop working", name, len(f.secret), keyBytes)
	}
	if f.open(keyFile) && !f.open(holderFile) {
		return fmt.Errorf("key file %s can be read by other users: delete it and start again for a new key, or make it private with chmod 600", name)
	}
	return nil
}

// open reports whether other users can use the file. Where files that were created private are open, the file
// system keeps no modes and there is nothing to be learnt.
func (f *Folder) open(name string) bool {
	info, err := f.tree.root.Stat(name)
	return runtime.GOOS != "windows" && err == nil && info.Mode().Perm()&0o077 != 0
}

// Key derives a key of 32 bytes for one purpose, such as links or cursors, from the folder's secret. The same
// folder gives the same key at every start.
func (f *Folder) Key(purpose string) []byte {
	mac := hmac.New(sha256.New, f.secret)
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// Store opens the folder's pictures and input images. It may be called once.
func (f *Folder) Store() (*Store, error) {
	return NewStore(filepath.Join(f.Path, storeFolder), f.Key("links"))
}

// Announce records the address at which this process listens. The next process that fails to open the folder names it.
func (f *Folder) Announce(address string) error {
	f.holder.Address = address
	return f.note()
}

// note writes down who holds the folder.
func (f *Folder) note() error {
	data, _ := json.Marshal(f.holder) // a number, a time and a string: it cannot fail
	return f.tree.write(holderFile, append(data, '\n'))
}

// Close releases the folder. The lock file stays: a lock on a file that is removed under another process is none.
func (f *Folder) Close() error {
	var failed error
	if f.tree != nil {
		_ = f.tree.root.Remove(holderFile) // stale names do no harm: the lock decides
		failed = f.tree.close()
	}
	return errors.Join(failed, f.lock.Close())
}
