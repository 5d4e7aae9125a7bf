package keep

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

// Extension is what the names of requests' files end with.
const Extension = ".coap.toml"

// Names of folders that are no collections: deleted things, until they are two weeks old, and environments.
const (
	trashFolder       = ".trash"
	environmentFolder = "environments"
	trashAge          = 14 * 24 * time.Hour
)

// Sum tells contents of files apart. The zero value is that of no file.
type Sum [8]byte

func sumOf(content []byte) (s Sum) {
	full := sha256.Sum256(content)
	copy(s[:], full[:])
	return s
}

// String gives the sum in hex; nothing for that of no file.
func (s Sum) String() string {
	if s == (Sum{}) {
		return ""
	}
	return hex.EncodeToString(s[:])
}

func parseSum(text string) (s Sum, err error) {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) != len(s) && len(b) != 0 {
		return s, fmt.Errorf("%q is no sum of a file", text)
	}
	copy(s[:], b)
	return s, nil
}

// Folder is a folder of a collection.
type Folder struct {
	Name, Path string
	Folders    []*Folder // by name
	Files      []File    // by name
	Problem    string    // why not all of it could be read
}

// File is a request in a folder.
type File struct {
	Name, Path string
	Method     protocol.Code
	Err        error // why it cannot be read
}

// Bounds of a tree, so that a folder that is none of requests does no harm.
const (
	maxDepth = 12
	maxFiles = 20_000
)

// Collections read and write folders of requests. Its methods wait for the disk, and may be called from any goroutine.
type Collections struct {
	mu    sync.Mutex
	known map[string]knownFile
	now   func() time.Time
}

type knownFile struct {
	changed time.Time
	size    int64
	file    File
}

// Tree reads a folder and all below it. Files that have not changed since are not read again.
func (c *Collections) Tree(root string) *Folder {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil {
		c.known = map[string]knownFile{}
	}
	left := maxFiles
	f := c.folder(root, 0, &left)
	if errors.Is(statError(root), fs.ErrNotExist) {
		f.Problem = ""
	}
	return f
}

func statError(path string) error {
	_, err := os.Stat(path)
	return err
}

func (c *Collections) folder(path string, depth int, left *int) *Folder {
	f := &Folder{Name: filepath.Base(path), Path: path}
	entries, err := os.ReadDir(path)
	if err != nil {
		f.Problem = err.Error()
	}
	for _, e := range entries {
		sweep(path, e, c.time())
		name := e.Name()
		below := filepath.Join(path, name)
		switch {
		case strings.HasPrefix(name, ".") || depth == 0 && name == environmentFolder:
		case *left <= 0:
			f.Problem = fmt.Sprintf("only the first %d requests are shown", maxFiles)
		case e.IsDir() && depth < maxDepth:
			f.Folders = append(f.Folders, c.folder(below, depth+1, left))
		case !e.IsDir() && strings.HasSuffix(name, Extension):
			*left--
			f.Files = append(f.Files, c.file(below, e))
		}
	}
	slices.SortFunc(f.Folders, func(a, b *Folder) int { return byName(a.Name, b.Name) })
	slices.SortFunc(f.Files, func(a, b File) int { return byName(a.Name, b.Name) })
	return f
}

func byName(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

func (c *Collections) file(path string, e fs.DirEntry) File {
	info, err := e.Info()
	if err == nil && e.Type()&fs.ModeSymlink != 0 {
		info, err = os.Stat(path)
	}
	if err != nil {
		return File{Name: nameOf(path), Path: path, Err: err}
	}
	if k, ok := c.known[path]; ok && k.changed.Equal(info.ModTime()) && k.size == info.Size() {
		return k.file
	}
	f := File{Name: nameOf(path), Path: path}
	var d draft.Draft
	d, _, f.Err = readFile(path)
	f.Method = d.Method
	c.known[path] = knownFile{info.ModTime(), info.Size(), f}
	return f
}

func nameOf(path string) string { return strings.TrimSuffix(filepath.Base(path), Extension) }

// NameOf gives the name of the request that a file has.
func NameOf(path string) string { return nameOf(path) }

// Read reads the request of a file, and gives the sum by which [Collections.Save] sees that it has changed since.
func (c *Collections) Read(path string) (draft.Draft, Sum, error) {
	d, content, err := readFile(path)
	if err != nil {
		return d, Sum{}, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	return d, sumOf(content), nil
}

func readFile(path string) (draft.Draft, []byte, error) {
	content, err := readBounded(path)
	if err != nil {
		return draft.Draft{}, nil, err
	}
	d, err := ReadRequest(content)
	return d, content, err
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no file", path)
	}
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return content, err
}

// ConflictError says that a file is not what was read of it before, so that it was not replaced.
type ConflictError struct {
	Path string
	Gone bool // there is no such file any more
	Now  Sum  // of what is there; passed to [Collections.Save] it is replaced
}

func (e *ConflictError) Error() string {
	if e.Gone {
		return filepath.Base(e.Path) + " was deleted or renamed on disk"
	}
	return filepath.Base(e.Path) + " was changed on disk since it was opened"
}

// ExistsError says that there is something of a name already.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return filepath.Base(e.Path) + " exists already" }

// Save writes a request into its file. was is the sum of what was read from it or written last: with another content the
// file stays as it is, and the error is a *[ConflictError]. A new file has no sum; then the error is an *[ExistsError] where
// there is one. Comments in the file stay.
func (c *Collections) Save(path string, d *draft.Draft, was Sum) (Sum, error) {
	old, err := readBounded(path)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return was, err
	case missing && was != Sum{}:
		return was, &ConflictError{Path: path, Gone: true}
	case !missing && was == Sum{}:
		return was, &ExistsError{path}
	case !missing && sumOf(old) != was:
		return was, &ConflictError{Path: path, Now: sumOf(old)}
	}
	if _, err := parse(old); err != nil {
		old = nil // the user has been told that it was changed, and replaces it
	}
	content := WriteRequest(d, old)
	if missing || !bytes.Equal(content, old) {
		if err := replaceFile(path, content, 0o644); err != nil {
			return was, err
		}
	}
	return sumOf(content), nil
}

// NewFolder makes a folder.
func (c *Collections) NewFolder(parent, name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	path := filepath.Join(parent, name)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", err
	}
	if err := os.Mkdir(path, 0o755); errors.Is(err, fs.ErrExist) {
		return "", &ExistsError{path}
	} else if err != nil {
		return "", err
	}
	return path, nil
}

// FileIn gives the path of the file of a request in a folder.
func FileIn(folder, name string) (string, error) {
	if err := CheckName(name); err != nil {
		return "", err
	}
	return filepath.Join(folder, name+Extension), nil
}

// Rename gives a request or a folder another name, and gives its new path.
func (c *Collections) Rename(path, name string) (string, error) {
	to := filepath.Join(filepath.Dir(path), name)
	if strings.HasSuffix(path, Extension) {
		to += Extension
	}
	if err := CheckName(name); err != nil || to == path {
		return to, err
	}
	// One that differs in case alone is the same file on some systems.
	if there, err := os.Lstat(to); err == nil {
		if here, err := os.Lstat(path); err != nil || !os.SameFile(here, there) {
			return path, &ExistsError{to}
		}
	}
	if err := os.Rename(path, to); err != nil {
		return path, err
	}
	syncDir(filepath.Dir(path))
	return to, nil
}

// maxName is how long a name may be, in bytes: with what is added to it, any file system takes it.
const maxName = 120

// CheckName tells what is wrong with the name of a request, a folder or an environment. It has to be one that the file
// systems of all common systems take, as collections go from one to the other.
func CheckName(name string) error {
	at := strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || strings.ContainsRune(`<>:"/\|?*`, r) })
	base, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch {
	case name == "":
		return errors.New("a name is missing")
	case !utf8.ValidString(name):
		return errors.New("the name is no UTF-8 text")
	case len(name) > maxName:
		return fmt.Errorf("the name is too long: %d bytes, of at most %d", len(name), maxName)
	case at >= 0:
		r, _ := utf8.DecodeRuneInString(name[at:])
		return fmt.Errorf("%q cannot be in the name of a file", r)
	case strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || name != strings.TrimSpace(name):
		return errors.New("a name begins and ends with neither a dot nor a space")
	case slices.Contains([]string{"CON", "PRN", "AUX", "NUL"}, base),
		len(base) == 4 && (strings.HasPrefix(base, "COM") || strings.HasPrefix(base, "LPT")) && base[3] >= '1' && base[3] <= '9':
		return fmt.Errorf("a file cannot have the name %s on Windows", base)
	}
	return nil
}

// Deleted is something that was deleted, and can be had back.
type Deleted struct {
	Path  string // where it was
	trash string
}

// Delete moves a request or a folder of a root to its trash.
func (c *Collections) Delete(root, path string) (Deleted, error) {
	trash := filepath.Join(root, trashFolder)
	if err := os.MkdirAll(trash, 0o755); err != nil {
		return Deleted{}, err
	}
	ignore := filepath.Join(trash, ".gitignore")
	if errors.Is(statError(ignore), fs.ErrNotExist) {
		if err := os.WriteFile(ignore, []byte("*\n"), 0o644); err != nil {
			return Deleted{}, err
		}
	}
	to, err := os.MkdirTemp(trash, c.time().UTC().Format("20060102-150405-"))
	if err != nil {
		return Deleted{}, err
	}
	d := Deleted{path, filepath.Join(to, filepath.Base(path))}
	if err := os.Rename(path, d.trash); err != nil {
		os.Remove(to)
		return Deleted{}, err
	}
	syncDir(filepath.Dir(path))
	return d, nil
}

func (c *Collections) time() time.Time {
	if c.now != nil {
		return c.now()
	}
	return time.Now()
}

// Undelete puts back what was deleted, unless something else has its name now.
func (c *Collections) Undelete(d Deleted) error {
	if _, err := os.Lstat(d.Path); err == nil {
		return &ExistsError{d.Path}
	}
	if err := os.MkdirAll(filepath.Dir(d.Path), 0o755); err != nil {
		return err
	}
	if err := os.Rename(d.trash, d.Path); err != nil {
		return err
	}
	os.Remove(filepath.Dir(d.trash))
	return nil
}

// EmptyTrash deletes for good what has been in the trash of a root for two weeks.
func (c *Collections) EmptyTrash(root string) {
	trash := filepath.Join(root, trashFolder)
	entries, _ := os.ReadDir(trash)
	for _, e := range entries {
		if len(e.Name()) < 15 {
			continue
		}
		if at, err := time.Parse("20060102-150405", e.Name()[:15]); err == nil && c.time().Sub(at) > trashAge {
			os.RemoveAll(filepath.Join(trash, e.Name()))
		}
	}
}
