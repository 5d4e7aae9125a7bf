package keep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"coapscope/ui/draft"
)

// Tabs are the open request tabs, in their order, and what they are written with.
type Tabs struct {
	Current     int
	Tabs        []Tab
	Environment string   // that is chosen; empty for none
	Folders     []string // collections elsewhere, which the user has opened
}

// Tab is a request that is being written.
type Tab struct {
	Draft draft.Draft
	Entry uint64 // of the history, which has its answer; 0 for none
	File  string // of a collection, that it is of; empty for none
	Sum   Sum    // of that file as it was read or written last
}

// Clone gives a copy that shares no memory.
func (t Tabs) Clone() Tabs {
	t.Tabs, t.Folders = slices.Clone(t.Tabs), slices.Clone(t.Folders)
	for i := range t.Tabs {
		t.Tabs[i].Draft = t.Tabs[i].Draft.Clone()
	}
	return t
}

// Equal tells whether the tabs are the same.
func (t Tabs) Equal(o Tabs) bool {
	return t.Current == o.Current && t.Environment == o.Environment && slices.Equal(t.Folders, o.Folders) && slices.EqualFunc(t.Tabs, o.Tabs, func(a, b Tab) bool {
		return a.Entry == b.Entry && a.File == b.File && a.Sum == b.Sum && a.Draft.Equal(b.Draft)
	})
}

type storedTabs struct {
	Version     int         `json:"version"`
	Current     int         `json:"current"`
	Environment string      `json:"environment,omitempty"`
	Folders     []string    `json:"folders,omitempty"`
	Tabs        []storedTab `json:"tabs"`
}

type storedTab struct {
	Request string `json:"request"` // a file of WriteRequest
	Entry   uint64 `json:"entry,omitempty"`
	File    string `json:"file,omitempty"`
	Sum     string `json:"sum,omitempty"`
}

func (t *Tabs) marshal() ([]byte, error) {
	s := storedTabs{Version: 1, Current: t.Current, Environment: t.Environment, Folders: t.Folders, Tabs: []storedTab{}}
	for _, tab := range t.Tabs {
		s.Tabs = append(s.Tabs, storedTab{string(WriteRequest(&tab.Draft, nil)), tab.Entry, tab.File, tab.Sum.String()})
	}
	return json.MarshalIndent(&s, "", "  ")
}

func unmarshalTabs(data []byte) (t Tabs, err error) {
	var s storedTabs
	if err := json.Unmarshal(data, &s); err != nil {
		return t, err
	}
	if s.Version != 1 {
		return t, fmt.Errorf("version %d is not known here", s.Version)
	}
	t.Environment, t.Folders = s.Environment, s.Folders
	for i, tab := range s.Tabs {
		d, err := ReadRequest([]byte(tab.Request))
		if err != nil {
			return Tabs{}, fmt.Errorf("tab %d: %w", i+1, err)
		}
		sum, err := parseSum(tab.Sum)
		if err != nil {
			return Tabs{}, fmt.Errorf("tab %d: %w", i+1, err)
		}
		t.Tabs = append(t.Tabs, Tab{d, tab.Entry, tab.File, sum})
	}
	if s.Current >= 0 && s.Current < len(t.Tabs) {
		t.Current = s.Current
	}
	return t, nil
}

// readTabs reads the file of the tabs; that there is none is no mistake. One that is damaged is set aside, and the error
// says so.
func readTabs(path string) (Tabs, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Tabs{}, nil
	}
	if err != nil {
		return Tabs{}, err
	}
	t, err := unmarshalTabs(data)
	if err != nil {
		aside, asideErr := setAside(path)
		if asideErr != nil {
			return Tabs{}, errors.Join(err, asideErr)
		}
		return Tabs{}, &DamagedError{aside, err}
	}
	return t, nil
}
