package view

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"coapscope/ui/draft"
	"coapscope/ui/keep"
)

// Environments are the named sets of variables that drafts can have.
type Environments struct {
	All     []keep.Environment // by name
	Current string             // that has the values; empty for none

	hidden []secret
	edits  int // how often they were edited
	saving int // how many edits are being written
}

// secret is the value of a variable that must not be kept with requests.
type secret struct{ name, value string }

// keepNothing has the workbench work without anything that outlasts it.
func (w *Workbench) keepNothing() {
	w.store, _ = keep.Open(keep.Places{})
	w.dice, w.clock = drawDice, time.Now
	w.History = &HistoryList{bench: w, store: w.store.History}
	w.Collections = newCollectionTree(w)
}

func drawDice() (d [16]byte) {
	rand.Read(d[:]) // never fails
	return d
}

// DynamicVariables are the names of those that have a value in every environment, with what it is.
var DynamicVariables = []struct{ Name, Meaning string }{
	{"$timestamp", "seconds since 1970"},
	{"$isoTime", "the time as in 2026-01-31T12:00:00Z"},
	{"$random", "a number from 0 to 65535, another one each time it is sent"},
	{"$uuid", "a random UUID (RFC 9562 §5.4), likewise"},
	{CountVariable, "which of many it is, when it is sent many times: 1, 2, …"},
}

// lookup gives the value of a variable of a draft. What is left to chance stays until something is sent, so that what is
// shown before is what is sent.
func (w *Workbench) lookup(name string) (string, bool) {
	if w.drawn == ([16]byte{}) {
		w.drawn = w.dice()
	}
	d := w.drawn
	switch name {
	case "$timestamp":
		return strconv.FormatInt(w.clock().Unix(), 10), true
	case "$isoTime":
		return w.clock().UTC().Format(time.RFC3339), true
	case "$random":
		return strconv.Itoa(int(binary.BigEndian.Uint16(d[:]))), true
	case "$uuid":
		d[6], d[8] = d[6]&0x0f|0x40, d[8]&0x3f|0x80
		return fmt.Sprintf("%x-%x-%x-%x-%x", d[:4], d[4:6], d[6:8], d[8:10], d[10:]), true
	}
	if e := w.Environments.current(); e != nil {
		return e.Value(name)
	}
	return "", false
}

func (e *Environments) current() *keep.Environment {
	if at := slices.IndexFunc(e.All, func(x keep.Environment) bool { return x.Name == e.Current }); at >= 0 {
		return &e.All[at]
	}
	return nil
}

func (e *Environments) secrets() []secret { return e.hidden }

// set takes other environments.
func (e *Environments) set(all []keep.Environment) {
	e.All, e.hidden = all, nil
	for _, env := range all {
		for _, v := range env.Variables {
			if v.Secret && v.Value != "" {
				e.hidden = append(e.hidden, secret{v.Name, v.Value})
			}
		}
	}
	// The longest first, as another may be a part of it.
	slices.SortStableFunc(e.hidden, func(a, b secret) int { return len(b.value) - len(a.value) })
}

// ChooseEnvironment has drafts use the variables of an environment; empty for none.
func (w *Workbench) ChooseEnvironment(name string) {
	w.Environments.Current = name
	w.Changed(PartAll)
}

type environmentKey struct{}

// readEnvironments reads them anew, on a goroutine of its own.
func (w *Workbench) readEnvironments() {
	if w.Environments.saving > 0 {
		return // they are read when that is done
	}
	store, edits := w.store, w.Environments.edits
	go func() {
		all, err := store.Environments()
		w.inbox.Put(environmentKey{}, func() {
			if w.Environments.edits == edits { // otherwise what was read is older than what there is
				w.setEnvironments(all, err)
			}
		})
	}()
}

func (w *Workbench) setEnvironments(all []keep.Environment, err error) {
	w.Environments.set(all)
	if err != nil {
		w.Say(Error, "Variables: %s", strings.ReplaceAll(err.Error(), "\n", " · "))
	}
	w.Changed(PartKept | PartDraft | PartBar)
}

// hiddenValue stands for the value of a secret, which is not shown again.
const hiddenValue = "••••••"

// EnvironmentsText gives all environments to edit: a name in brackets, and below it a variable a line. The values of
// secrets are not in it. Without any it is an example.
func (w *Workbench) EnvironmentsText() string {
	if len(w.Environments.All) == 0 {
		return "[lab]\nhost = 127.0.0.1\nsecret key = \n"
	}
	var b strings.Builder
	for i, e := range w.Environments.All {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "[%s]\n", e.Name)
		for _, v := range e.Variables {
			switch {
			case v.Secret && v.Value != "":
				fmt.Fprintf(&b, "secret %s = %s\n", v.Name, hiddenValue)
			case v.Secret:
				fmt.Fprintf(&b, "secret %s =\n", v.Name)
			default:
				fmt.Fprintf(&b, "%s = %s\n", v.Name, valueText(v.Value))
			}
		}
	}
	return b.String()
}

// valueText writes a value on a line: in quotes where its beginning or end would not be seen, or it has several lines.
func valueText(value string) string {
	if value != strings.TrimSpace(value) || strings.HasPrefix(value, `"`) || strconv.Quote(value) != `"`+strings.ReplaceAll(strings.ReplaceAll(value, `\`, `\\`), `"`, `\"`)+`"` {
		return strconv.Quote(value)
	}
	return value
}

// ParseEnvironments reads what [Workbench.EnvironmentsText] gives, edited. The error says in which line it is.
func (w *Workbench) ParseEnvironments(text string) ([]keep.Environment, error) {
	var all []keep.Environment
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		fail := func(format string, args ...any) error {
			return fmt.Errorf("line %d: %s", i+1, fmt.Sprintf(format, args...))
		}
		if line == "" {
			continue
		}
		if name, ok := strings.CutPrefix(line, "["); ok {
			name, ok = strings.CutSuffix(name, "]")
			name = strings.TrimSpace(name)
			if !ok {
				return nil, fail("the name of an environment stands in brackets, as in [lab]")
			}
			if err := keep.CheckName(name); err != nil {
				return nil, fail("this cannot be the name of an environment: %v", err)
			}
			if slices.ContainsFunc(all, func(e keep.Environment) bool { return strings.EqualFold(e.Name, name) }) {
				return nil, fail("there is an environment %s already", name)
			}
			all = append(all, keep.Environment{Name: name})
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		name, isSecret := strings.CutPrefix(name, "secret ")
		v := keep.Variable{Name: strings.TrimSpace(name), Value: value, Secret: isSecret}
		switch {
		case !ok:
			return nil, fail("write name = value, or a name in brackets for another environment")
		case len(all) == 0:
			return nil, fail("write the name of the environment above it, in brackets, as in [lab]")
		case strings.HasPrefix(v.Name, "$"):
			return nil, fail("names with $ are those of values that the program makes")
		case !draft.IsVariableName(v.Name):
			return nil, fail("%q is no name of a variable: letters, digits, _, - and . are allowed", v.Name)
		}
		e := &all[len(all)-1]
		if _, twice := e.Value(v.Name); twice {
			return nil, fail("%s stands there twice", v.Name)
		}
		if strings.HasPrefix(value, `"`) {
			unquoted, err := strconv.Unquote(value)
			if err != nil {
				return nil, fail("the quotes are wrong: a value in quotes is written as in Go, with \\\" and \\\\")
			}
			v.Value = unquoted
		}
		if value == hiddenValue {
			old := w.environment(e.Name)
			known := false
			if old != nil {
				v.Value, known = old.Value(v.Name)
			}
			if !known || !isSecret {
				return nil, fail("write the value of %s, which is not known here", v.Name)
			}
		}
		e.Variables = append(e.Variables, v)
	}
	for i := range all {
		slices.SortFunc(all[i].Variables, func(a, b keep.Variable) int { return strings.Compare(a.Name, b.Name) })
	}
	slices.SortFunc(all, func(a, b keep.Environment) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (w *Workbench) environment(name string) *keep.Environment {
	if at := slices.IndexFunc(w.Environments.All, func(e keep.Environment) bool { return e.Name == name }); at >= 0 {
		return &w.Environments.All[at]
	}
	return nil
}

// SecretsPlace says where the values of secrets are kept.
func (w *Workbench) SecretsPlace() string { return w.store.SecretsPlace() }

// SaveEnvironments takes what was edited, and writes what has changed of it. It returns at once.
func (w *Workbench) SaveEnvironments(text string) error {
	all, err := w.ParseEnvironments(text)
	if err != nil {
		return err
	}
	var changed, gone []keep.Environment
	for _, e := range all {
		if old := w.environment(e.Name); old == nil || !slices.Equal(old.Variables, e.Variables) {
			changed = append(changed, e.Clone())
		}
	}
	for _, old := range w.Environments.All {
		if !slices.ContainsFunc(all, func(e keep.Environment) bool { return e.Name == old.Name }) {
			gone = append(gone, old.Clone())
		}
	}
	w.Environments.set(all)
	if w.Environments.current() == nil && len(all) > 0 {
		w.Environments.Current = all[0].Name
	}
	w.Changed(PartAll)
	store := w.store
	if !store.Kept() {
		return nil
	}
	w.Environments.edits++
	w.Environments.saving++
	w.writing.Go(func() {
		var err error
		for i := range changed {
			if e := store.SaveEnvironment(&changed[i]); e != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", changed[i].Name, e))
			}
		}
		for i := range gone {
			if e := store.DeleteEnvironment(&gone[i]); e != nil {
				err = errors.Join(err, fmt.Errorf("%s: %w", gone[i].Name, e))
			}
		}
		w.inbox.Put(nil, func() {
			w.Environments.saving--
			if err != nil {
				w.Say(Error, "Variables could not be written: %s", strings.ReplaceAll(err.Error(), "\n", " · "))
				return
			}
			if slices.ContainsFunc(changed, keep.Environment.HasSecrets) {
				w.Say(Good, "Variables written; secrets are in %s", store.SecretsPlace())
				return
			}
			w.Say(Good, "Variables written")
		})
	})
	return nil
}
