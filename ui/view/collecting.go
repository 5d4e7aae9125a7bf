package view

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"coapscope/ui/keep"
)

// OpenFile opens a request of a collection: in the tab that has it already, the current one, or a new one. It returns at
// once.
func (c *CollectionTree) OpenFile(path string) {
	w := c.bench
	for _, t := range w.Tabs {
		if t.kept.file == path {
			w.chooseTab(t)
			return
		}
	}
	store := w.store
	go func() {
		d, sum, err := store.Collections.Read(path)
		w.inbox.Put(nil, func() {
			if err != nil {
				w.Say(Error, "%v", err)
				return
			}
			t := w.freshTab()
			t.Draft = d
			t.kept.file, t.kept.sum, t.kept.saved = path, sum, d.Clone()
		})
	}()
}

// Save writes the request of the current tab into the file that it is of, and tells whether it is of one; otherwise it
// needs a name, see [CollectionTree.SaveAs]. It returns at once.
func (c *CollectionTree) Save() bool {
	t := c.bench.Tab()
	if t.kept.file == "" {
		return false
	}
	c.save(t, t.kept.file, t.kept.sum)
	return true
}

// SaveAs writes the request of the current tab into a new file, whose name may have folders before it.
func (c *CollectionTree) SaveAs(name string) error {
	path, err := c.fileOf(name)
	if err != nil {
		return err
	}
	if !c.bench.store.Kept() {
		return errors.New("there is no folder in which anything is kept")
	}
	c.save(c.bench.Tab(), path, keep.Sum{})
	return nil
}

func (c *CollectionTree) save(t *Tab, path string, was keep.Sum) {
	w, d := c.bench, t.Draft.Clone()
	store, overwrite := w.store, t.kept.conflict && t.kept.file == path
	w.writing.Go(func() {
		sum, err := store.Collections.Save(path, &d, was)
		var conflict *keep.ConflictError
		if overwrite && errors.As(err, &conflict) {
			sum, err = store.Collections.Save(path, &d, conflict.Now)
		}
		w.inbox.Put(nil, func() {
			switch {
			case errors.As(err, &conflict):
				t.kept.conflict = true
				w.Say(Warning, "%v. Nothing is written: save again to do so all the same.", conflict)
			case err != nil:
				w.Say(Error, "%s could not be saved: %v", keep.NameOf(path), err)
			default:
				t.kept.file, t.kept.sum, t.kept.saved, t.kept.conflict = path, sum, d, false
				w.Say(Good, "%s saved", path)
			}
			c.refresh()
			w.Changed(PartTabs)
		})
	})
}

// do does something with the disk on a goroutine of its own, says what came of it, and reads the folders anew.
func (c *CollectionTree) do(work func(*keep.Collections) error, done func()) {
	w := c.bench
	store := w.store
	w.writing.Go(func() {
		err := work(store.Collections)
		w.inbox.Put(nil, func() {
			if err != nil {
				w.Say(Error, "%v", err)
			} else {
				done()
			}
			c.refresh()
			w.Changed(PartKept | PartTabs)
		})
	})
}

// Rename gives a request or a folder another name. Tabs go along.
func (c *CollectionTree) Rename(path, name string) error {
	if err := keep.CheckName(name); err != nil {
		return err
	}
	var to string
	c.do(func(k *keep.Collections) (err error) {
		to, err = k.Rename(path, name)
		return err
	}, func() {
		for _, t := range c.bench.Tabs {
			if t.kept.file == path {
				t.kept.file = to
			} else if below, ok := strings.CutPrefix(t.kept.file, path+string(filepath.Separator)); ok {
				t.kept.file = filepath.Join(to, below)
			}
		}
	})
	return nil
}

// NewFolder makes a folder in a folder.
func (c *CollectionTree) NewFolder(parent, name string) error {
	if err := keep.CheckName(name); err != nil {
		return err
	}
	c.do(func(k *keep.Collections) error {
		_, err := k.NewFolder(parent, name)
		return err
	}, func() {})
	return nil
}

// Delete moves a request or a folder to the trash, from which [CollectionTree.Undelete] takes it.
func (c *CollectionTree) Delete(path string) {
	root := c.rootOf(path)
	var gone keep.Deleted
	c.do(func(k *keep.Collections) (err error) {
		gone, err = k.Delete(root, path)
		return err
	}, func() {
		c.deleted = append(c.deleted, deletion{gone})
		c.bench.Say(Good, "%s deleted; a right click in the collections has it back", keep.NameOf(path))
	})
}

// Undeletable gives the name of what was deleted last; empty for nothing.
func (c *CollectionTree) Undeletable() string {
	if n := len(c.deleted); n > 0 {
		return keep.NameOf(c.deleted[n-1].Path)
	}
	return ""
}

// Undelete puts back what was deleted last.
func (c *CollectionTree) Undelete() {
	n := len(c.deleted)
	if n == 0 {
		return
	}
	last := c.deleted[n-1]
	c.deleted = c.deleted[:n-1]
	c.do(func(k *keep.Collections) error {
		err := k.Undelete(last.Deleted)
		if err != nil {
			err = fmt.Errorf("%s cannot be put back: %w", keep.NameOf(last.Path), err)
		}
		return err
	}, func() {})
}

// Import copies the requests of a folder or a zip archive into the collections.
func (c *CollectionTree) Import(from string) {
	root := c.Root()
	var done keep.Imported
	c.do(func(k *keep.Collections) (err error) {
		done, err = k.Import(root, from)
		return err
	}, func() {
		text := count(done.Files, "request", "requests") + " imported into " + filepath.Base(done.Folder)
		if n := len(done.Skipped); n > 0 {
			c.bench.Say(Warning, "%s; %s left out: %s", text, count(n, "file is", "files are"), done.Skipped[0])
			return
		}
		c.bench.Say(Good, "%s", text)
	})
}

// Export writes the requests of a folder into a zip archive, and closes it.
func (c *CollectionTree) Export(folder, name string, file io.WriteCloser) {
	n := 0
	c.do(func(k *keep.Collections) (err error) {
		n, err = k.Export(file, folder)
		return errors.Join(err, file.Close())
	}, func() {
		c.bench.Say(Good, "%s: %s written", name, count(n, "request", "requests"))
	})
}
