package view_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"coapscope/ui/view"
)

func TestEarlierRecordingsAreDeleted(t *testing.T) {
	dir := t.TempDir()
	old := time.Now().AddDate(0, 0, -40)
	for name, size := range map[string]int{"2026-01-01.jsonl": 2048, "2026-02-01.jsonl": 1024, "notes.txt": 1} {
		if err := os.WriteFile(filepath.Join(dir, name), make([]byte, size), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(filepath.Join(dir, "2026-01-01.jsonl"), old, old); err != nil {
		t.Fatal(err)
	}
	d := sitDown(t)
	d.RecordInto(dir)
	names := func() (all []string) {
		for _, r := range d.Watch().Earlier() {
			all = append(all, r.Name)
		}
		return all
	}
	d.until("they are read", func() bool { return slices.Equal(names(), []string{"2026-02-01.jsonl", "2026-01-01.jsonl"}) })
	if text := d.Watch().Earlier().Text(); text != "2 recordings, 3072 B" {
		t.Errorf("they are %q", text)
	}
	d.DeleteRecordings(d.Watch().Earlier().Before(time.Now().AddDate(0, 0, -30)))
	d.until("the old one is gone", func() bool { return slices.Equal(names(), []string{"2026-02-01.jsonl"}) })
	if d.Message != "1 recording, 2048 B deleted" {
		t.Errorf("said is %q", d.Message)
	}
	// What is gone already is as good as deleted; what is written by somebody else is told of, and stays.
	if err := os.Remove(filepath.Join(dir, "2026-02-01.jsonl")); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(dir, "other.jsonl")
	if err := os.WriteFile(other, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.DeleteRecordings(append(d.Watch().Earlier(), view.EarlierRecording{Name: "other.jsonl", Written: old}))
	d.until("the rest is gone", func() bool { return len(names()) == 0 })
	if !strings.HasPrefix(d.Message, "1 recording, 1024 B deleted; other.jsonl is still written") || d.MessageConcept != view.Error {
		t.Errorf("said is %q", d.Message)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) != 2 {
		t.Errorf("left are %q", left)
	}
}
