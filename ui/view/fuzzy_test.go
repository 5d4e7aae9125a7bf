package view_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"coapscope/ui/view"
)

func TestFuzzyRanks(t *testing.T) {
	for _, c := range []struct {
		pattern       string
		better, worse string
	}{
		{"sen", "Send", "Discover its sensors now"},
		{"sen", "Send", "Show everything"},
		{"fd", "Fold the devices", "Find old things"},
		{"nt", "Next tab", "New request tab"},
		{"nrt", "New request tab", "Enter it"},
		{"temp", "/sensors/temp", "/store/example/map"},
		{"temp", "/a/temp", "/a/temperature"},
		{"rec", "Record, or stop recording", "Redo change"},
		{"2", "Show 2", "Show a12"},
		{"op", "Open capture …", "Copy as bug report"},
		{"tab close", "Close tab", "Next tab closed"},
	} {
		better, _, ok1 := view.Fuzzy(c.pattern, c.better)
		worse, _, ok2 := view.Fuzzy(c.pattern, c.worse)
		if !ok1 || ok2 && better <= worse {
			t.Errorf("%q: %q has %d (%t), %q has %d (%t)", c.pattern, c.better, better, ok1, c.worse, worse, ok2)
		}
	}
}

func TestFuzzyMarks(t *testing.T) {
	for _, c := range []struct {
		pattern, text, marked string
	}{
		{"fd", "Fold the devices", "F d"},
		{"devices", "Fold the devices", "devices"},
		{"DEV fold", "Fold the devices", "Fold dev"},
		{"temp", "/store/temp", "temp"},
		{"öl", "Heizöl", "öl"},
		{"", "anything", ""},
	} {
		_, marks, ok := view.Fuzzy(c.pattern, c.text)
		var parts []string
		for r := range slices.Chunk(view.MarkRanges(c.text, marks), 2) {
			parts = append(parts, c.text[r[0]:r[1]])
		}
		if got := strings.Join(parts, " "); !ok || got != c.marked {
			t.Errorf("%q in %q marks %q (%t), want %q", c.pattern, c.text, got, ok, c.marked)
		}
	}
	if _, _, ok := view.Fuzzy("xyz", "zyx"); ok {
		t.Error("letters in another order match")
	}
}

// What matches is what has the letters of each word in order, and the marks spell them.
func TestFuzzyFindsSubsequences(t *testing.T) {
	alphabet := rapid.StringOfN(rapid.SampledFrom([]rune("abAB-/ 1ö")), 0, 24, -1)
	rapid.Check(t, func(t *rapid.T) {
		pattern, text := alphabet.Draw(t, "pattern"), alphabet.Draw(t, "text")
		_, marks, ok := view.Fuzzy(pattern, text)
		letters := []rune(strings.ToLower(text))
		want := true
		for word := range strings.FieldsSeq(strings.ToLower(pattern)) {
			rest := letters
			for _, r := range word {
				at := slices.Index(rest, r)
				if at < 0 {
					want = false
					break
				}
				rest = rest[at+1:]
			}
		}
		if ok != want {
			t.Fatalf("matches: %t, want %t", ok, want)
		}
		if !ok {
			return
		}
		if !slices.IsSorted(marks) || len(marks) > 0 && (marks[0] < 0 || marks[len(marks)-1] >= len(letters)) {
			t.Fatalf("marks %v of %d letters", marks, len(letters))
		}
		if words := strings.Fields(pattern); len(words) == 1 {
			var spelled strings.Builder
			for _, m := range marks {
				spelled.WriteRune(letters[m])
			}
			if spelled.String() != strings.ToLower(words[0]) {
				t.Fatalf("marks spell %q", spelled.String())
			}
		}
	})
}

func FuzzFuzzy(f *testing.F) {
	f.Add("sen", "Send")
	f.Add("\xff a", "a\xff")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		_, marks, ok := view.Fuzzy(pattern, text)
		if !ok {
			return
		}
		for _, at := range view.MarkRanges(text, marks) {
			if at < 0 || at > len(text) {
				t.Fatalf("a mark at byte %d of %d", at, len(text))
			}
		}
		if strings.TrimFunc(pattern, unicode.IsSpace) == "" && len(marks) > 0 {
			t.Fatal("marks of nothing")
		}
	})
}
