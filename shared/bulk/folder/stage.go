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
func (d *directory) Save(name string, write func(io.Writer) error) error {
	temp, err := d.stage(write)
	if advice(err) != "" {
		return d.fail("write", name, err)
	}
	if err != nil {
		return err
	}
	if err := d.publish(temp, name); err != nil {
		return d.fail("write", name, err)
	}
	return nil
}

// store makes a file appear durably, in place of any that was there.
func (d *directory) store(name string, data []byte) error {
	temp, err := d.stage(func(w io.Writer) error {
		_, err := w.Write(data)
		if err != nil {
			return err
		}
		return w.(*os.File).Sync()
	})
	if err != nil {
		return err
	}
	if err := d.publish(temp, name); err != nil {
		return err
	}
	return d.flush(path.Dir(name))
}

// stage writes a file under a name in the inner folder, where no reader sees it half-written.
func (d *directory) stage(write func(io.Writer) error) (temp string, err error) {
	temp = local(path.Join(staging, rand.Text()))
	file, err := d.root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return "", err
	}
	err = write(file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		d.discard(temp)
	}
	return temp, err
}

// publish gives a staged file its name.
func (d *directory) publish(temp, name string) error {
	if dir := path.Dir(name); dir != "." {
		if err := d.root.MkdirAll(local(dir), 0o777); err != nil {
			d.discard(temp)
			return err
		}
	}
	err := d.root.Rename(temp, local(name))
	if err != nil {
		d.discard(temp)
	}
	return err
}

// discard removes a staged file. What cannot be removed now goes when the folder is opened next.
func (d *directory) discard(temp string) { _ = d.root.Remove(temp) }

// flush makes a directory's entries durable. Windows has no such call, and some network file systems refuse it.
func (d *directory) flush(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	file, err := d.root.Open(local(name))
	if err != nil {
		return err
	}
	defer file.Close()
	err = file.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		return nil
	}
	return err
}
