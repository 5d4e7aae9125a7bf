package keep

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/ui/draft"
)

func TestTabsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tabs Tabs
		for range rapid.IntRange(0, 4).Draw(t, "tabs") {
			tab := Tab{Draft: anyDraft().Draw(t, "draft"), Entry: rapid.Uint64().Draw(t, "entry"), File: rapid.String().Draw(t, "file")}
			copy(tab.Sum[:], rapid.SliceOfN(rapid.Byte(), 0, 8).Draw(t, "sum"))
			tabs.Tabs = append(tabs.Tabs, tab)
		}
		tabs.Environment = rapid.String().Draw(t, "environment")
		if len(tabs.Tabs) > 0 {
			tabs.Folders = []string{rapid.String().Draw(t, "folder")}
			tabs.Current = rapid.IntRange(0, len(tabs.Tabs)-1).Draw(t, "current")
		}
		data, err := tabs.marshal()
		if err != nil {
			t.Fatal(err)
		}
		back, err := unmarshalTabs(data)
		if err != nil || !back.Equal(tabs) {
			t.Fatalf("%v\n%s", err, data)
		}
	})
}

func TestTabsComeBack(t *testing.T) {
	folder := t.TempDir()
	s, _ := Open(PlacesIn(folder))
	tabs := Tabs{Current: 1, Tabs: []Tab{
		{Draft: draft.Draft{Method: protocol.GET, Address: "coap://a"}},
		{Draft: draft.Draft{Method: protocol.POST, Address: "coap://b", Payload: "x"}, Entry: 5, File: "/f", Sum: Sum{1}},
	}}
	for i := range 100 {
		other := tabs.Clone()
		other.Current = i % 2
		s.SaveTabs(other)
	}
	s.Close()
	s, back := Open(PlacesIn(folder))
	s.Close()
	if !back.Equal(tabs) {
		t.Errorf("got %+v", back)
	}
	if err := os.WriteFile(filepath.Join(folder, "tabs.json"), []byte(`{"version": 1, "tabs": [{"request": "method"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	s, back = Open(PlacesIn(folder))
	defer s.Close()
	var told Trouble
	s.Listen(func(t Trouble) { told = t }, func() {})
	var damaged *DamagedError
	if !errors.As(told.Err, &damaged) || len(back.Tabs) != 0 {
		t.Fatalf("told %v, tabs %v", told, back)
	}
	if _, err := os.Stat(damaged.Aside); err != nil {
		t.Error(err)
	}
}

func FuzzReadTabs(f *testing.F) {
	data, err := (&Tabs{Tabs: []Tab{{Draft: draft.Draft{Method: protocol.GET, Address: "a"}, Sum: Sum{1}}}}).marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		tabs, err := unmarshalTabs(data)
		if err != nil {
			return
		}
		if tabs.Current < 0 || tabs.Current > len(tabs.Tabs) {
			t.Fatalf("current %d of %d", tabs.Current, len(tabs.Tabs))
		}
		again, err := tabs.marshal()
		if err != nil {
			t.Fatal(err)
		}
		if back, err := unmarshalTabs(again); err != nil || !back.Equal(tabs) {
			t.Fatalf("%v", err)
		}
	})
}
