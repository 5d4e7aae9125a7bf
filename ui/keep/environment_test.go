package keep

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/zalando/go-keyring"
	"pgregory.net/rapid"
)

func TestEnvironmentRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := Environment{Name: "lab"}
		names := rapid.SliceOfDistinct(rapid.StringMatching(`[a-zA-Z0-9_.-]{1,6}`), func(s string) string { return s }).Draw(t, "names")
		for _, n := range names {
			v := Variable{Name: n, Secret: rapid.Bool().Draw(t, "secret")}
			if !v.Secret {
				v.Value = anyText().Draw(t, "value")
			}
			e.Variables = append(e.Variables, v)
		}
		text := WriteEnvironment(&e, nil)
		back, err := ReadEnvironment("lab", text)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if again := WriteEnvironment(&back, text); string(again) != string(text) || len(back.Variables) != len(e.Variables) {
			t.Fatalf("%s\n%s", text, again)
		}
		for _, v := range e.Variables {
			if value, ok := back.Value(v.Name); !ok || value != v.Value {
				t.Fatalf("%s is %q and not %q\n%s", v.Name, value, v.Value, text)
			}
		}
	})
}

// mockRing is a keyring in memory.
type mockRing struct {
	values map[string]string
	fails  bool
}

func (r *mockRing) Get(_, user string) (string, error) {
	if v, ok := r.values[user]; ok && !r.fails {
		return v, nil
	}
	if r.fails {
		return "", errors.New("no bus")
	}
	return "", keyring.ErrNotFound
}

func (r *mockRing) Set(_, user, secret string) error {
	if r.fails {
		return errors.New("no bus")
	}
	r.values[user] = secret
	return nil
}

func (r *mockRing) Delete(_, user string) error {
	delete(r.values, user)
	return nil
}

// The value of a secret is in no file but that of secrets, and in none at all where there is a keyring.
func TestSecretsAreInNoFile(t *testing.T) {
	for _, ring := range []*mockRing{{values: map[string]string{}}, {fails: true}} {
		data, config := t.TempDir(), t.TempDir()
		s, _ := Open(Places{data, config, ring})
		e := Environment{Name: "lab", Variables: []Variable{{"host", "192.0.2.1", false}, {"key", "s3cr3t-value", true}}}
		if err := s.SaveEnvironment(&e); err != nil {
			t.Fatal(err)
		}
		all, err := s.Environments()
		if diff := cmp.Diff([]Environment{e}, all); err != nil || diff != "" {
			t.Errorf("%v %s", err, diff)
		}
		found := grep(t, data, "s3cr3t-value")
		inConfig := grep(t, config, "s3cr3t-value")
		if len(found) != 0 || ring.fails != (len(inConfig) == 1) {
			t.Errorf("the secret is in %v %v", found, inConfig)
		}
		if ring.fails {
			if info, err := os.Stat(inConfig[0]); err != nil || info.Mode().Perm() != 0o600 || s.SecretsPlace() != inConfig[0] {
				t.Errorf("%v %v, %s", info.Mode(), err, s.SecretsPlace())
			}
		} else if ring.values["lab/key"] != "s3cr3t-value" || s.SecretsPlace() != "the keyring of the system" {
			t.Errorf("%v %s", ring.values, s.SecretsPlace())
		}
		text, _ := os.ReadFile(filepath.Join(data, "collections", "environments", "lab.toml"))
		if string(text) != "secrets = [\n  \"key\",\n]\n\n[variables]\nhost = \"192.0.2.1\"\n" {
			t.Errorf("the file is\n%s", text)
		}
		e.Variables[1] = Variable{"key", "plain now", false}
		if err := s.SaveEnvironment(&e); err != nil {
			t.Fatal(err)
		}
		if left := grep(t, config, "s3cr3t-value"); len(left) != 0 || len(ring.values) != 0 {
			t.Errorf("the secret is still in %v %v", left, ring.values)
		}
		if err := s.DeleteEnvironment(&e); err != nil {
			t.Error(err)
		}
		if all, err = s.Environments(); len(all) != 0 || err != nil {
			t.Errorf("%v %v", all, err)
		}
		s.Close()
	}
}

// grep gives the files below a folder that have a text.
func grep(t *testing.T, folder, text string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), text) {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestEnvironmentErrors(t *testing.T) {
	for text, want := range map[string]string{
		"[variables]\n\"a b\" = \"x\"":              "line 2, a b: no variable can have that name",
		"[variables]\n\"$n\" = \"x\"":               "line 2, $n: no variable can have that name",
		"secrets = [\"a\"]\n[variables]\na = \"x\"": "line 3, a: the variable stands there twice",
		"secrets = \"a\"":                           "line 1, secrets: a list of names is expected",
		"a = \"x\"":                                 "line 1, a: an environment has",
		"[variables]\na = 1":                        "line 2, a: a text in quotes is expected",
	} {
		if _, err := ReadEnvironment("x", []byte(text)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	s, _ := Open(PlacesIn(t.TempDir()))
	defer s.Close()
	write(t, s.environmentFile("bad"), "a = 1")
	if all, err := s.Environments(); len(all) != 0 || err == nil || !strings.Contains(err.Error(), "bad.toml: line 1") {
		t.Errorf("%v %v", all, err)
	}
	if err := s.SaveEnvironment(&Environment{Name: "bad"}); err == nil || !strings.Contains(err.Error(), "not replaced") {
		t.Errorf("%v", err)
	}
}

func FuzzReadEnvironment(f *testing.F) {
	f.Add([]byte("secrets = [\"key\"] # c\n[variables]\nhost = \"a\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ReadEnvironment("x", text)
		if err != nil {
			return
		}
		again := WriteEnvironment(&e, text)
		back, err := ReadEnvironment("x", again)
		if err != nil || !cmp.Equal(e, back) {
			t.Fatalf("%v %s\n%s", err, cmp.Diff(e, back), again)
		}
	})
}
