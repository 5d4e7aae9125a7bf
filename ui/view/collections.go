package view

import (
	"iter"
	"path/filepath"
	"slices"
	"strings"

	"coapscope/ui/keep"
)

// CollectionTree is the folders of requests as a tree: those of the program's own folder, and those that the user opened
// elsewhere.
type CollectionTree struct {
	bench   *Workbench
	folders []string // elsewhere
	trees   []*keep.Folder
	folded  map[string]bool // folders that the user has folded

	reading bool
	again   bool
	deleted []deletion // what can be had back, the latest last
}

type deletion struct{ keep.Deleted }

// CollectionRow is a row of the tree.
type CollectionRow struct {
	Path    string // names the row
	Depth   int
	Folder  bool
	Root    bool // a folder elsewhere
	Open    bool
	Text    string // "GET  ping"
	Problem string // why it cannot be read
}

func newCollectionTree(w *Workbench) *CollectionTree {
	return &CollectionTree{bench: w, folded: map[string]bool{}}
}

// Rows gives the rows of all that is open.
func (c *CollectionTree) Rows() (rows []CollectionRow) {
	for i, f := range c.trees {
		if i == 0 {
			rows = c.below(rows, f, 0)
			if f.Problem != "" {
				rows = append(rows, CollectionRow{Path: f.Path, Text: "cannot be read", Problem: f.Problem})
			}
			continue
		}
		rows = c.folder(rows, f, 0, true)
	}
	return rows
}

func (c *CollectionTree) folder(rows []CollectionRow, f *keep.Folder, depth int, root bool) []CollectionRow {
	open := !c.folded[f.Path]
	rows = append(rows, CollectionRow{Path: f.Path, Depth: depth, Folder: true, Root: root, Open: open, Text: f.Name, Problem: f.Problem})
	if open {
		rows = c.below(rows, f, depth+1)
	}
	return rows
}

func (c *CollectionTree) below(rows []CollectionRow, f *keep.Folder, depth int) []CollectionRow {
	for _, sub := range f.Folders {
		rows = c.folder(rows, sub, depth, false)
	}
	for _, file := range f.Files {
		row := CollectionRow{Path: file.Path, Depth: depth, Text: MethodText(file.Method) + "  " + file.Name}
		if file.Err != nil {
			row.Text, row.Problem = file.Name, file.Err.Error()
		}
		rows = append(rows, row)
	}
	return rows
}

// Len is the number of requests.
func (c *CollectionTree) Len() (n int) {
	for range c.files() {
		n++
	}
	return n
}

// files gives all requests, each with the folder that it is in.
func (c *CollectionTree) files() iter.Seq2[*keep.Folder, *keep.File] {
	return func(yield func(*keep.Folder, *keep.File) bool) {
		var walk func(f *keep.Folder) bool
		walk = func(f *keep.Folder) bool {
			for i := range f.Files {
				if !yield(f, &f.Files[i]) {
					return false
				}
			}
			return !slices.ContainsFunc(f.Folders, func(sub *keep.Folder) bool { return !walk(sub) })
		}
		for _, f := range c.trees {
			if !walk(f) {
				return
			}
		}
	}
}

// Fold folds or unfolds a folder.
func (c *CollectionTree) Fold(path string, open bool) {
	if open {
		delete(c.folded, path)
	} else {
		c.folded[path] = true
	}
	c.bench.Changed(PartKept)
}

// find gives the folder of a path; nil where there is none.
func (c *CollectionTree) find(path string) *keep.Folder {
	for _, f := range c.trees {
		if found := findFolder(f, path); found != nil {
			return found
		}
	}
	return nil
}

func findFolder(f *keep.Folder, path string) *keep.Folder {
	if f.Path == path {
		return f
	}
	for _, sub := range f.Folders {
		if path == sub.Path || strings.HasPrefix(path, sub.Path+string(filepath.Separator)) {
			return findFolder(sub, path)
		}
	}
	return nil
}

// rootOf gives the folder of a collection that a path is in.
func (c *CollectionTree) rootOf(path string) string {
	for _, f := range c.trees[min(1, len(c.trees)):] {
		if path == f.Path || strings.HasPrefix(path, f.Path+string(filepath.Separator)) {
			return f.Path
		}
	}
	return c.bench.store.Root()
}

// Root is the program's own folder of collections.
func (c *CollectionTree) Root() string { return c.bench.store.Root() }

// refresh reads the folders anew, on a goroutine of its own.
func (c *CollectionTree) refresh() {
	if c.reading {
		c.again = true
		return
	}
	c.reading, c.again = true, false
	w := c.bench
	store, roots := w.store, append([]string{w.store.Root()}, c.folders...)
	go func() {
		trees := make([]*keep.Folder, len(roots))
		for i, root := range roots {
			trees[i] = store.Collections.Tree(root)
		}
		w.inbox.Put(nil, func() {
			c.reading, c.trees = false, trees
			if c.again {
				c.refresh()
			}
			w.Changed(PartKept)
		})
	}()
}

// OpenFolder shows a folder elsewhere among the collections.
func (c *CollectionTree) OpenFolder(path string) {
	path = filepath.Clean(path)
	if path != c.Root() && !slices.Contains(c.folders, path) {
		c.folders = append(slices.Clone(c.folders), path)
	}
	c.refresh()
	c.bench.Changed(PartKept)
}

// CloseFolder shows a folder elsewhere no more. Its files stay.
func (c *CollectionTree) CloseFolder(path string) {
	c.folders = slices.DeleteFunc(slices.Clone(c.folders), func(f string) bool { return f == path })
	c.refresh()
	c.bench.Changed(PartKept)
}

// Suggest gives the name, with the folders before it, that a new file of the current tab's request may have.
func (c *CollectionTree) Suggest() string {
	t := c.bench.Tab()
	if t.kept.file != "" {
		if name, err := filepath.Rel(c.Root(), strings.TrimSuffix(t.kept.file, keep.Extension)); err == nil && !strings.HasPrefix(name, "..") {
			return filepath.ToSlash(name)
		}
		return keep.NameOf(t.kept.file)
	}
	name := strings.Map(func(r rune) rune {
		if keep.CheckName("x"+string(r)+"x") != nil {
			return ' '
		}
		return r
	}, strings.TrimPrefix(c.bench.Title(t), MethodText(t.Draft.Method)+" "))
	name = strings.Join(strings.Fields(name), " ")
	if keep.CheckName(name) != nil {
		name = "request"
	}
	folder := ""
	if len(c.trees) > 0 && len(c.trees[0].Folders) > 0 {
		folder = c.trees[0].Folders[0].Name + "/"
	}
	return folder + name
}

// fileOf gives the file of a name with the folders before it, such as "bring-up/ping".
func (c *CollectionTree) fileOf(name string) (string, error) {
	parts := strings.Split(strings.TrimSpace(name), "/")
	folder := c.Root()
	for i, part := range parts {
		if err := keep.CheckName(part); err != nil {
			return "", err
		}
		if i < len(parts)-1 {
			folder = filepath.Join(folder, part)
		}
	}
	return keep.FileIn(folder, parts[len(parts)-1])
}

// CheckName tells whether a request can be saved under a name, and why not.
func (c *CollectionTree) CheckName(name string) (note string, ok bool) {
	path, err := c.fileOf(name)
	if err != nil {
		return err.Error(), false
	}
	if c.has(path) {
		return "There is a request of that name already", false
	}
	return path, true
}

func (c *CollectionTree) has(path string) bool {
	f := c.find(filepath.Dir(path))
	return f != nil && slices.ContainsFunc(f.Files, func(file keep.File) bool { return file.Path == path })
}
