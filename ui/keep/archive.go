package keep

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Imported says what came of an import.
type Imported struct {
	Folder  string // that the requests are in now
	Files   int
	Skipped []string // what was left out, and why
}

// Import copies the requests of a folder, or of a zip archive, into a new folder of a root. Files that are no requests are
// left out.
func (c *Collections) Import(root, from string) (Imported, error) {
	info, err := os.Stat(from)
	if err != nil {
		return Imported{}, err
	}
	name := strings.TrimSuffix(filepath.Base(from), filepath.Ext(from))
	if info.IsDir() {
		return c.importFrom(root, filepath.Base(from), os.DirFS(from))
	}
	archive, err := zip.OpenReader(from)
	if err != nil {
		return Imported{}, fmt.Errorf("%s is no folder and no zip archive: %w", filepath.Base(from), err)
	}
	defer archive.Close()
	return c.importFrom(root, name, &archive.Reader)
}

func (c *Collections) importFrom(root, name string, from fs.FS) (Imported, error) {
	if CheckName(name) != nil {
		name = "imported"
	}
	type found struct {
		path    string
		content []byte
	}
	var files []found
	var done Imported
	total := 0
	skip := func(file string, err error) { done.Skipped = append(done.Skipped, file+": "+err.Error()) }
	// io/fs takes no path out of the tree, whatever the names in an archive are.
	err := fs.WalkDir(from, ".", func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			skip(file, err)
			return nil
		case file != "." && strings.HasPrefix(path.Base(file), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() && strings.Count(file, "/") >= maxDepth-1:
			skip(file, errors.New("too many folders within each other"))
			return fs.SkipDir
		case e.IsDir() || !strings.HasSuffix(file, Extension):
			return nil
		case len(files) >= maxFiles || total > 16*maxFile:
			return fmt.Errorf("%s has too many requests", name)
		}
		content, err := readFrom(from, file)
		if err == nil {
			_, err = ReadRequest(content)
		}
		for _, part := range strings.Split(strings.TrimSuffix(file, Extension), "/") {
			if err == nil {
				err = CheckName(part)
			}
		}
		if err != nil {
			skip(file, err)
			return nil
		}
		total += len(content)
		files = append(files, found{file, content})
		return nil
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("%s has no requests: files whose names end with %s", name, Extension)
		if len(done.Skipped) > 0 {
			err = fmt.Errorf("no request of %s can be read: %s", name, done.Skipped[0])
		}
	}
	if err != nil {
		return Imported{}, err
	}
	if done.Folder, err = c.freshFolder(root, name); err != nil {
		return Imported{}, err
	}
	for _, f := range files {
		if err := replaceFile(filepath.Join(done.Folder, filepath.FromSlash(f.path)), f.content, 0o644); err != nil {
			return done, err
		}
		done.Files++
	}
	return done, nil
}

func readFrom(from fs.FS, file string) ([]byte, error) {
	f, err := from.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(content) > maxFile {
		err = fmt.Errorf("it is larger than %d bytes", maxFile)
	}
	return content, err
}

// freshFolder makes a folder of that name, or of one with a number behind it.
func (c *Collections) freshFolder(parent, name string) (string, error) {
	for i := 1; ; i++ {
		try := name
		if i > 1 {
			try = fmt.Sprintf("%s %d", name, i)
		}
		folder, err := c.NewFolder(parent, try)
		if !errors.As(err, new(*ExistsError)) {
			return folder, err
		}
	}
}

// Export writes the requests of a folder as a zip archive, and says how many they are.
func (c *Collections) Export(to io.Writer, folder string) (n int, err error) {
	archive := zip.NewWriter(to)
	err = filepath.WalkDir(folder, func(file string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case file != folder && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() || !strings.HasSuffix(file, Extension) && !isEnvironmentFile(file):
			return nil
		}
		content, err := readBounded(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		w, err := archive.Create(filepath.ToSlash(name))
		if err == nil {
			_, err = w.Write(content)
		}
		if strings.HasSuffix(file, Extension) {
			n++
		}
		return err
	})
	return n, errors.Join(err, archive.Close())
}

func isEnvironmentFile(file string) bool {
	return filepath.Base(filepath.Dir(file)) == environmentFolder && filepath.Ext(file) == ".toml"
}
