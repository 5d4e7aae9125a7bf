package keep

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDevicesComeBack(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "devices.json")
	read := func(s *Store) (got string) {
		s.ReadDevices(func(data []byte) error {
			got = string(data)
			return json.Unmarshal(data, new(any))
		})
		return got
	}
	s, _ := Open(PlacesIn(folder))
	if got := read(s); got != "" {
		t.Errorf("at first there is %q", got)
	}
	for _, text := range []string{`{"a":1}`, `{"a":2}`, `{"a":3}`} {
		s.SaveDevices(func() ([]byte, error) { return []byte(text), nil })
	}
	s.Close()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	s, _ = Open(PlacesIn(folder))
	if got := read(s); got != `{"a":3}` {
		t.Errorf("back came %q", got)
	}

	// A second program sees the list, and does not write it while the first one runs.
	other, _ := Open(PlacesIn(folder))
	if got := read(other); got != `{"a":3}` {
		t.Errorf("the second program sees %q", got)
	}
	other.SaveDevices(func() ([]byte, error) { return []byte(`{"a":4}`), nil })
	other.Close()
	s.Close()
	if data, err := os.ReadFile(path); err != nil || string(data) != `{"a":3}` {
		t.Errorf("the file is %q, %v", data, err)
	}
}

// What cannot be read, because it is damaged or of a newer program, is told, and kept aside.
func TestDevicesThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "devices.json")
	for i, content := range []string{"", "\x00\x00", `{"version": 2}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _ := Open(PlacesIn(folder))
		s.ReadDevices(func([]byte) error { return errors.New("version 2 is not known") })
		s.SaveDevices(func() ([]byte, error) { return []byte(`{}`), nil })
		var told Trouble
		s.Listen(func(tr Trouble) { told = tr }, func() {})
		s.Close()
		var damaged *DamagedError
		if !errors.As(told.Err, &damaged) || !strings.HasPrefix(told.String(), "The list of devices: the file cannot be read (version 2") {
			t.Fatalf("%d: told %v", i, told)
		}
		if aside, err := os.ReadFile(damaged.Aside); err != nil || string(aside) != content {
			t.Errorf("%d: aside is %q, %v", i, aside, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != `{}` {
			t.Errorf("%d: the new file is %q, %v", i, now, err)
		}
	}
	if entries, _ := filepath.Glob(path + ".damaged*"); len(entries) != 3 {
		t.Errorf("aside are %q", entries)
	}
}
