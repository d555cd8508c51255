package local

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"easel/shared/api"
)

// keyring holds the keys of a file, and takes them anew when it is told to.
type keyring struct {
	file    string
	current atomic.Pointer[api.Keys]
}

// read takes the keys that the file holds now. After an error those that were read before hold.
func (k *keyring) read() error {
	f, err := os.Open(k.file)
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	defer f.Close()
	if err := private(f, k.file); err != nil {
		return err
	}
	keys, err := api.LoadKeys(f)
	if err != nil {
		return fmt.Errorf("read the keys in %s: %w", k.file, err)
	}
	k.current.Store(keys)
	return nil
}

// reread reads the keys again whenever it is told to, until ctx ends.
func (o Options) reread(ctx context.Context, k *keyring) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.Reload:
		}
		if k == nil {
			o.Log.InfoContext(ctx, "there are no keys to read again: the server was started without --keys")
			continue
		}
		if err := k.read(); err != nil {
			o.Log.ErrorContext(ctx, "the keys were not read again, and those of before hold", "err", err)
			continue
		}
		o.Log.InfoContext(ctx, "keys read again", "file", k.file)
	}
}

// private refuses a file of keys that other users can read. A folder that they cannot enter protects it as well. On a
// mount that is read-only its mode is not this user's to choose: so come the secrets of Kubernetes and of Docker.
func private(f *os.File, name string) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("read the keys: %w", err)
	}
	if !info.Mode().IsRegular() || !shared(info) || readOnly(f) || closed(name) {
		return nil
	}
	return fmt.Errorf("the keys in %s can be read by other users of this machine (mode %04o): run: chmod 600 %s", name, info.Mode().Perm(), quoted(name))
}

// closed reports whether other users cannot enter the folder in which the file lies.
func closed(name string) bool {
	if target, err := filepath.EvalSymlinks(name); err == nil {
		name = target
	}
	info, err := os.Stat(filepath.Dir(name))
	return err == nil && info.Mode().Perm()&0o011 == 0
}

// quoted makes a name fit to be pasted into a shell.
func quoted(name string) string {
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@") == "" {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
