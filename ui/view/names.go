package view

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"coapscope/protocol"
)

// Naming is the file in which the user names what the registries do not have.
type Naming struct {
	Path  string          // empty while there is no place for the file
	Names *protocol.Names // what it says; nil for nothing

	text string // of the file; empty where there is none
}

// LoadNames reads the file with the user's names. That there is none is no mistake; of one that cannot be
// read nothing counts, and the user is told why.
func (w *Workbench) LoadNames(path string) {
	w.Naming.Path = path
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		w.Naming.text = string(text)
		var names *protocol.Names
		if names, err = protocol.ParseNames(w.Naming.text); err == nil {
			w.setNames(names)
			return
		}
	}
	w.Say(Error, "Names of options and codes: %s: %v", path, err)
}

// NamesText gives the file's text to edit, or an example where there is none yet.
func (w *Workbench) NamesText() string {
	if w.Naming.text == "" {
		return protocol.NamesExample()
	}
	return w.Naming.text
}

// CheckNames tells what is wrong with a text that is to be the names file.
func CheckNames(text string) error {
	_, err := protocol.ParseNames(text)
	return err
}

// SaveNames writes the file and takes what it says. Nothing changes where there is an error.
func (w *Workbench) SaveNames(text string) error {
	names, err := protocol.ParseNames(text)
	if err != nil {
		return err
	}
	if w.Naming.Path == "" {
		return errors.New("there is no folder for settings on this system")
	}
	if err := replaceFile(w.Naming.Path, text); err != nil {
		return fmt.Errorf("the file could not be written: %w", err)
	}
	w.Naming.text = text
	w.setNames(names)
	w.Say(Good, "%s written", w.Naming.Path)
	return nil
}

// setNames has all that is shown use the names.
func (w *Workbench) setNames(names *protocol.Names) {
	w.Naming.Names = names
	w.Inspector.SetNames(names)
	w.Traffic.SetNames(names) // others take it over when they are shown
	w.Changed(PartAll)
}

// replaceFile writes a file so that at any moment, whatever happens, it has the old text or the new one.
func replaceFile(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".names-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is gone if all went well
	_, err = f.WriteString(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// ReadCode reads a code as a user writes it: a method, a name of the user's, or class and detail.
func (w *Workbench) ReadCode(text string) (protocol.Code, error) {
	text = strings.TrimSpace(text)
	for _, row := range protocol.Codes() {
		if strings.EqualFold(row.Name, text) {
			return row.Code, nil
		}
	}
	if w.Naming.Names != nil {
		if c, ok := w.Naming.Names.CodeNamed(text); ok {
			return c, nil
		}
	}
	return protocol.ParseCode(text)
}
