package keep

import (
	"archive/zip"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// outline lists a tree, for comparison.
func outline(f *Folder) (lines []string) {
	for _, sub := range f.Folders {
		lines = append(lines, sub.Name+"/")
		for _, l := range outline(sub) {
			lines = append(lines, "  "+l)
		}
	}
	for _, file := range f.Files {
		line := file.Method.Short() + " " + file.Name
		if file.Err != nil {
			line = file.Name + ": " + file.Err.Error()
		}
		lines = append(lines, line)
	}
	return lines
}

func TestTree(t *testing.T) {
	root := t.TempDir()
	write(t, filepath.Join(root, "bring-up", "ping.coap.toml"), "method = \"GET\"")
	write(t, filepath.Join(root, "bring-up", "LED on.coap.toml"), "method = \"PUT\"")
	write(t, filepath.Join(root, "bring-up", "more", "bad.coap.toml"), "method = 1")
	write(t, filepath.Join(root, "README.md"), "")
	write(t, filepath.Join(root, ".git", "x.coap.toml"), "")
	write(t, filepath.Join(root, environmentFolder, "lab.toml"), "")
	var c Collections
	want := []string{"bring-up/", "  more/", "    bad: line 1, method: a text in quotes is expected", "  PUT LED on", "  GET ping"}
	if got := outline(c.Tree(root)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	// What another program changes is seen, whatever its time says, as long as that is another one.
	path := filepath.Join(root, "bring-up", "ping.coap.toml")
	write(t, path, "method = \"PUT\"")
	if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	want[4] = "  PUT ping"
	if got := outline(c.Tree(root)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if f := c.Tree(filepath.Join(root, "missing")); f.Problem != "" || len(f.Files) != 0 {
		t.Errorf("of a folder that there is not yet: %+v", f)
	}
}

func TestSaveSeesConflicts(t *testing.T) {
	var c Collections
	path, err := FileIn(filepath.Join(t.TempDir(), "new"), "ping")
	if err != nil {
		t.Fatal(err)
	}
	d := draft.Draft{Method: protocol.GET, Address: "coap://a"}
	sum, err := c.Save(path, &d, Sum{})
	if err != nil {
		t.Fatal(err)
	}
	var exists *ExistsError
	if _, err := c.Save(path, &d, Sum{}); !errors.As(err, &exists) {
		t.Errorf("a second one: %v", err)
	}
	d.Address = "coap://b"
	if sum, err = c.Save(path, &d, sum); err != nil {
		t.Fatal(err)
	}
	if back, readSum, err := c.Read(path); err != nil || !back.Equal(d) || readSum != sum {
		t.Errorf("%v: %+v, %s and not %s", err, back, readSum, sum)
	}
	write(t, path, "# mine\nmethod = \"PUT\"\n")
	d.Address = "coap://c"
	_, err = c.Save(path, &d, sum)
	var conflict *ConflictError
	if !errors.As(err, &conflict) || conflict.Gone {
		t.Fatalf("after another program wrote it: %v", err)
	}
	if sum, err = c.Save(path, &d, conflict.Now); err != nil {
		t.Fatal(err)
	}
	if content, _ := os.ReadFile(path); string(content) != "# mine\nmethod = \"GET\"\naddress = \"coap://c\"\n" {
		t.Errorf("replaced by\n%s", content)
	}
	os.Remove(path)
	if _, err = c.Save(path, &d, sum); !errors.As(err, &conflict) || !conflict.Gone {
		t.Errorf("after it was deleted: %v", err)
	}
}

func TestRenameDeleteUndelete(t *testing.T) {
	root := t.TempDir()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	c := Collections{now: func() time.Time { return at }}
	folder, err := c.NewFolder(root, "bring-up")
	if err != nil {
		t.Fatal(err)
	}
	path, _ := FileIn(folder, "ping")
	d := draft.Draft{Method: protocol.GET}
	if _, err := c.Save(path, &d, Sum{}); err != nil {
		t.Fatal(err)
	}
	if path, err = c.Rename(path, "Ping 2"); err != nil || filepath.Base(path) != "Ping 2.coap.toml" {
		t.Fatalf("%s: %v", path, err)
	}
	other, _ := FileIn(folder, "other")
	write(t, other, "method = \"GET\"")
	if _, err := c.Rename(path, "other"); !errors.As(err, new(*ExistsError)) {
		t.Errorf("over another: %v", err)
	}
	gone, err := c.Delete(root, folder)
	if err != nil {
		t.Fatal(err)
	}
	if got := outline(c.Tree(root)); len(got) != 0 {
		t.Errorf("after it was deleted: %q", got)
	}
	c.EmptyTrash(root)
	if err := c.Undelete(gone); err != nil {
		t.Fatal(err)
	}
	if got := outline(c.Tree(root)); !slices.Equal(got, []string{"bring-up/", "  GET other", "  GET Ping 2"}) {
		t.Errorf("put back: %q", got)
	}
	if gone, err = c.Delete(root, other); err != nil {
		t.Fatal(err)
	}
	write(t, other, "")
	if err := c.Undelete(gone); !errors.As(err, new(*ExistsError)) {
		t.Errorf("put back over another: %v", err)
	}
	at = at.Add(trashAge + time.Hour)
	c.EmptyTrash(root)
	if _, err := os.Stat(gone.trash); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the trash is not emptied: %v", err)
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"ping": "", "LED on (2) ü": "", "": "missing", "a/b": "'/'", `a\b`: `'\\'`, ".git": "dot", "a.": "dot", " a": "space",
		"CON": "Windows", "con.x": "Windows", "COM1": "Windows", "COM": "", "a\nb": `'\n'`, "\xff": "UTF-8", strings.Repeat("x", 121): "too long",
	} {
		err := CheckName(name)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestImportExport(t *testing.T) {
	root, from := t.TempDir(), t.TempDir()
	var c Collections
	write(t, filepath.Join(from, "set", "a.coap.toml"), "# kept as it is\nmethod = \"GET\"")
	write(t, filepath.Join(from, "set", "sub", "b.coap.toml"), "method = \"PUT\"")
	write(t, filepath.Join(from, "set", "bad.coap.toml"), "method = 1")
	write(t, filepath.Join(from, "set", "environments", "lab.toml"), "[variables]\n")
	write(t, filepath.Join(from, "set", ".trash", "c.coap.toml"), "method = \"PUT\"")
	done, err := c.Import(root, filepath.Join(from, "set"))
	if err != nil || done.Files != 2 || len(done.Skipped) != 1 || filepath.Base(done.Folder) != "set" {
		t.Fatalf("%+v %v", done, err)
	}
	var archive bytes.Buffer
	if n, err := c.Export(&archive, filepath.Join(from, "set")); err != nil || n != 3 {
		t.Fatalf("%d %v", n, err)
	}
	file := filepath.Join(from, "set.zip")
	write(t, file, archive.String())
	if done, err = c.Import(root, file); err != nil || done.Files != 2 || filepath.Base(done.Folder) != "set 2" {
		t.Fatalf("%+v %v", done, err)
	}
	want := []string{"set/", "  sub/", "    PUT b", "  GET a", "set 2/", "  sub/", "    PUT b", "  GET a"}
	if got := outline(c.Tree(root)); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if content, _ := os.ReadFile(filepath.Join(done.Folder, "a.coap.toml")); string(content) != "# kept as it is\nmethod = \"GET\"" {
		t.Errorf("got %q", content)
	}
	if _, err := c.Import(root, filepath.Join(root, "set", "a.coap.toml")); err == nil || !strings.Contains(err.Error(), "no zip archive") {
		t.Errorf("of a file: %v", err)
	}
}

// Names in an archive lead nowhere else.
func TestImportStaysInItsFolder(t *testing.T) {
	var archive bytes.Buffer
	z := zip.NewWriter(&archive)
	for _, name := range []string{"../up.coap.toml", "/root.coap.toml", "a/../../up2.coap.toml", `..\up3.coap.toml`, "ok.coap.toml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		w.Write([]byte("method = \"GET\""))
	}
	z.Close()
	parent := t.TempDir()
	root := filepath.Join(parent, "a", "b")
	file := filepath.Join(t.TempDir(), "evil.zip")
	write(t, file, archive.String())
	var c Collections
	if _, err := c.Import(root, file); err != nil {
		t.Log(err)
	}
	filepath.Walk(parent, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() && !strings.HasPrefix(path, filepath.Join(root, "evil")+string(filepath.Separator)) {
			t.Errorf("%s was written", path)
		}
		return nil
	})
}
