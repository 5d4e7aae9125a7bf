package keep

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// replaceFile writes a file so that at any moment, whatever happens, it has the old content or the new one.
func replaceFile(path string, content []byte, mode fs.FileMode) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, unfinished+"*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is gone if all went well
	_, err = f.Write(content)
	if err == nil {
		err = errors.Join(f.Chmod(mode), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	syncDir(dir)
	return nil
}

// unfinished is what the names of files begin with that are being written.
const unfinished = ".coapscope-"

// sweep deletes what a program that was killed had begun to write an hour ago or more.
func sweep(dir string, e fs.DirEntry, now time.Time) {
	if !strings.HasPrefix(e.Name(), unfinished) || e.IsDir() {
		return
	}
	if info, err := e.Info(); err == nil && now.Sub(info.ModTime()) > time.Hour {
		os.Remove(filepath.Join(dir, e.Name()))
	}
}

// syncDir has the names in a folder be durable. Where a system cannot do that the names are durable by themselves, or
// there is nothing to be done.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		d.Close()
	}
}

// setAside renames a file that cannot be read, so that it is neither lost nor in the way, and gives its new name.
func setAside(path string) (string, error) {
	for i := 1; ; i++ {
		aside := path + ".damaged"
		if i > 1 {
			aside += "-" + strconv.Itoa(i)
		}
		if _, err := os.Lstat(aside); errors.Is(err, fs.ErrNotExist) {
			return aside, os.Rename(path, aside)
		} else if err != nil {
			return "", err
		}
	}
}
