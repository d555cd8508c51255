package folder

import (
	"crypto/rand"
	"errors"
	"io"
	"os"
	"path"
	"runtime"
	"syscall"
)

// Save lets write produce a file and gives it the path that [Folder.Place] returned only when all of it is there. What
// write returns is returned, and with it what helps against a full disk.
func (f *Folder) Save(name string, write func(io.Writer) error) error {
	temp, err := f.stage(write)
	if advice(err) != "" {
		return f.fail("write", name, err)
	}
	if err != nil {
		return err
	}
	if err := f.publish(temp, name); err != nil {
		return f.fail("write", name, err)
	}
	return nil
}

// store makes a file appear durably, in place of any that was there.
func (f *Folder) store(name string, data []byte) error {
	temp, err := f.stage(func(w io.Writer) error {
		_, err := w.Write(data)
		if err != nil {
			return err
		}
		return w.(*os.File).Sync()
	})
	if err != nil {
		return err
	}
	if err := f.publish(temp, name); err != nil {
		return err
	}
	return f.flush(path.Dir(name))
}

// stage writes a file under a name that nobody looks at.
func (f *Folder) stage(write func(io.Writer) error) (temp string, err error) {
	temp = local(path.Join(staging, rand.Text()))
	file, err := f.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	err = write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		f.discard(temp)
	}
	return temp, err
}

// publish gives a staged file its name.
func (f *Folder) publish(temp, name string) error {
	if dir := path.Dir(name); dir != "." {
		if err := f.root.MkdirAll(local(dir), 0o777); err != nil {
			f.discard(temp)
			return err
		}
	}
	err := f.root.Rename(temp, local(name))
	if err != nil {
		f.discard(temp)
	}
	return err
}

// discard removes a staged file. What cannot be removed now goes when the folder is opened next.
func (f *Folder) discard(temp string) { _ = f.root.Remove(temp) }

// flush makes a directory's entries durable. Windows has no such call, and some network file systems refuse it.
func (f *Folder) flush(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := f.root.Open(local(dir))
	if err != nil {
		return err
	}
	defer d.Close()
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}
