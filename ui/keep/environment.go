package keep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"coapscope/ui/draft"
)

// Environment is a named set of variables.
type Environment struct {
	Name      string
	Variables []Variable
}

// Variable is a name with its value. The value of a secret is in no file of an environment.
type Variable struct {
	Name, Value string
	Secret      bool
}

// Clone gives a copy that shares no memory.
func (e Environment) Clone() Environment {
	e.Variables = slices.Clone(e.Variables)
	return e
}

// Value gives the value of a variable.
func (e *Environment) Value(name string) (string, bool) {
	for _, v := range e.Variables {
		if v.Name == name {
			return v.Value, true
		}
	}
	return "", false
}

// HasSecrets tells whether a variable is a secret.
func (e Environment) HasSecrets() bool {
	return slices.ContainsFunc(e.Variables, func(v Variable) bool { return v.Secret })
}

// IsSecret tells whether a variable is a secret. There may be no environment.
func (e *Environment) IsSecret(name string) bool {
	return e != nil && slices.ContainsFunc(e.Variables, func(v Variable) bool { return v.Name == name && v.Secret })
}

// WriteEnvironment gives the file of an environment: the values of variables that are no secrets, and the names of those
// that are. The comments of old stay; old may be nil.
func WriteEnvironment(e *Environment, old []byte) []byte {
	before, _ := parse(old)
	w := newDocWriter(before)
	sorted := slices.SortedFunc(slices.Values(e.Variables), func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	var secrets []string
	for _, v := range sorted {
		if v.Secret {
			secrets = append(secrets, v.Name)
		}
	}
	if len(secrets) > 0 {
		w.setList("secrets", secrets)
	}
	w.startTable("variables")
	for _, v := range sorted {
		if !v.Secret {
			w.set(v.Name, blockText(v.Value))
		}
	}
	return w.finish()
}

// ReadEnvironment reads the file of an environment. Secrets have no values. The error is a *[SyntaxError].
func ReadEnvironment(name string, text []byte) (Environment, error) {
	e := Environment{Name: name}
	doc, err := parse(text)
	if err != nil {
		return e, err
	}
	add := func(line int, v Variable) error {
		switch {
		case strings.HasPrefix(v.Name, "$") || !draft.IsVariableName(v.Name):
			return &SyntaxError{line, v.Name, "no variable can have that name: letters, digits, _, - and . are allowed"}
		case slices.ContainsFunc(e.Variables, func(o Variable) bool { return o.Name == v.Name }):
			return &SyntaxError{line, v.Name, "the variable stands there twice"}
		}
		e.Variables = append(e.Variables, v)
		return nil
	}
	for _, s := range doc.statements {
		switch {
		case s.table == "variables" && s.key == "":
		case s.table == "variables":
			value, err := s.text()
			if err == nil {
				err = add(s.line, Variable{Name: s.key, Value: value})
			}
			if err != nil {
				return e, err
			}
		case s.table == "" && s.key == "secrets":
			list, ok := s.value.([]element)
			if !ok {
				return e, &SyntaxError{s.line, s.key, "a list of names is expected"}
			}
			for _, name := range list {
				if name.line < 0 {
					continue
				}
				if err := add(name.line, Variable{Name: name.text, Secret: true}); err != nil {
					return e, err
				}
			}
		default:
			key := s.key
			if key == "" {
				key = s.table
			}
			return e, &SyntaxError{s.line, key, `an environment has "secrets" and the table "variables", and nothing else`}
		}
	}
	slices.SortFunc(e.Variables, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return e, nil
}

// Environments gives those of a root of collections, by name, with the values of their secrets. Of those that cannot be
// read the error tells.
func (s *Store) Environments() ([]Environment, error) {
	folder := filepath.Join(s.Root(), environmentFolder)
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var all []Environment
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".toml")
		if !ok || entry.IsDir() || CheckName(name) != nil {
			continue
		}
		text, readErr := readBounded(filepath.Join(folder, entry.Name()))
		var e Environment
		if readErr == nil {
			e, readErr = ReadEnvironment(name, text)
		}
		if readErr != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", entry.Name(), readErr))
			continue
		}
		for i := range e.Variables {
			if v := &e.Variables[i]; v.Secret {
				var secretErr error
				if v.Value, secretErr = s.secrets.Get(name, v.Name); secretErr != nil {
					err = errors.Join(err, fmt.Errorf("secret %s of %s: %w", v.Name, name, secretErr))
				}
			}
		}
		all = append(all, e)
	}
	return all, err
}

// SaveEnvironment writes an environment, and the values of its secrets to where secrets are.
func (s *Store) SaveEnvironment(e *Environment) error {
	if err := CheckName(e.Name); err != nil {
		return err
	}
	path := s.environmentFile(e.Name)
	old, err := readBounded(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	before, err := ReadEnvironment(e.Name, old)
	if err != nil {
		return fmt.Errorf("%s is there already and cannot be read, so that it is not replaced: %w", path, err)
	}
	for _, v := range e.Variables {
		if v.Secret {
			err = s.secrets.Set(e.Name, v.Name, v.Value)
		}
		if err != nil {
			return fmt.Errorf("secret %s: %w", v.Name, err)
		}
	}
	if err := replaceFile(path, WriteEnvironment(e, old), 0o644); err != nil {
		return err
	}
	for _, v := range before.Variables {
		if v.Secret && !slices.ContainsFunc(e.Variables, func(n Variable) bool { return n.Secret && n.Name == v.Name }) {
			s.secrets.Delete(e.Name, v.Name)
		}
	}
	return nil
}

// DeleteEnvironment deletes an environment and its secrets.
func (s *Store) DeleteEnvironment(e *Environment) error {
	if err := os.Remove(s.environmentFile(e.Name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, v := range e.Variables {
		if v.Secret {
			s.secrets.Delete(e.Name, v.Name)
		}
	}
	return nil
}

func (s *Store) environmentFile(name string) string {
	return filepath.Join(s.Root(), environmentFolder, name+".toml")
}
