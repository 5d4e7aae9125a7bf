package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// EarlierRecording is a recording of an earlier run.
type EarlierRecording struct {
	Name    string // of its file, in [Watch.RecordingDir]
	Bytes   int64
	Written time.Time // last
}

// EarlierRecordings are some, the newest first.
type EarlierRecordings []EarlierRecording

// manyRecorded is how many bytes of recordings the user is told of.
const manyRecorded = 4 << 30

// Earlier gives the recordings in the directory as they were when the program began, less those that were deleted since.
func (v *Watch) Earlier() EarlierRecordings { return v.earlier }

// Before gives those that were written last before a time.
func (e EarlierRecordings) Before(t time.Time) (older EarlierRecordings) {
	for _, r := range e {
		if r.Written.Before(t) {
			older = append(older, r)
		}
	}
	return older
}

// Text says how many they are, and how large: "12 recordings, 1.3 GiB".
func (e EarlierRecordings) Text() string {
	return count(len(e), "recording", "recordings") + ", " + Bytes(int(bytesIn(e)))
}

func bytesIn(all EarlierRecordings) (n int64) {
	for _, r := range all {
		n += r.Bytes
	}
	return n
}

// recordings reads which recordings are in a directory.
func recordings(dir string) (found EarlierRecordings) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil // there is none yet
	}
	for i := len(entries) - 1; i >= 0; i-- {
		if filepath.Ext(entries[i].Name()) != ".jsonl" {
			continue
		}
		if info, err := entries[i].Info(); err == nil && info.Mode().IsRegular() {
			found = append(found, EarlierRecording{info.Name(), info.Size(), info.ModTime()})
		}
	}
	return found
}

// DeleteRecordings deletes recordings of earlier runs, on a goroutine of its own. What is open in the window stays there, and
// so does a file that was written since, as by another window.
func (w *Workbench) DeleteRecordings(which EarlierRecordings) {
	v := &w.watch
	dir := v.dir
	go func() {
		var gone EarlierRecordings
		var failed error
		for _, r := range which {
			if err := r.remove(dir); err != nil {
				failed = err
				continue
			}
			gone = append(gone, r)
		}
		w.inbox.Put(nil, func() {
			v.earlier = v.earlier.without(gone)
			if failed != nil {
				w.Say(Error, "%s deleted; %v", gone.Text(), failed)
				return
			}
			w.Say(Dim, "%s deleted", gone.Text())
		})
	}()
}

func (r *EarlierRecording) remove(dir string) error {
	path := filepath.Join(dir, r.Name)
	switch info, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.ModTime().Equal(r.Written):
		return fmt.Errorf("%s is still written, and stays", r.Name)
	}
	return os.Remove(path)
}

func (e EarlierRecordings) without(gone EarlierRecordings) (left EarlierRecordings) {
	names := make(map[string]bool, len(gone))
	for _, r := range gone {
		names[r.Name] = true
	}
	for _, r := range e {
		if !names[r.Name] {
			left = append(left, r)
		}
	}
	return left
}
