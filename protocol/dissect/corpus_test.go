package dissect

import (
	"bytes"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"coapscope/protocol"
)

var update = flag.Bool("update", false, "write what the dissector says into the corpus")

// A corpus archive has pairs of files: NAME.hex, whose lines may have comments behind "#", and NAME.txt, the
// tree and the findings. A name that ends in .tcp or .ws is of a message in that framing, all others are UDP.

// TestCorpus compares tree and findings of each message.
func TestCorpus(t *testing.T) {
	for _, path := range corpusFiles(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, f := range archive.Files {
			want[f.Name] = string(f.Data)
		}
		var files []txtar.File
		for _, f := range archive.Files {
			name, ok := strings.CutSuffix(f.Name, ".hex")
			if !ok {
				continue
			}
			var tree Tree
			checkTree(t, &tree, framingOf(name), unhex(t, f))
			got := describe(&tree)
			files = append(files, f, txtar.File{Name: name + ".txt", Data: []byte(got)})
			if *update {
				continue
			}
			t.Run(filepath.Base(path)+"/"+name, func(t *testing.T) {
				if diff := cmp.Diff(want[name+".txt"], got); diff != "" {
					t.Errorf("-corpus +dissected (run with -update to accept):\n%s", diff)
				}
			})
		}
		if *update {
			archive.Files = files
			if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// describe writes the tree and the findings for people.
func describe(t *Tree) string {
	var s strings.Builder
	for i, f := range t.Fields {
		fmt.Fprintf(&s, "%4d+%-3d %s%s: %s", f.Bit, f.Bits, strings.Repeat("  ", int(f.Depth)), t.Name(i), t.Value(i))
		if f.Kind == Option {
			fmt.Fprintf(&s, "  [%s] %s (%s)", t.Flags(i), t.Explain(i), t.Reference(i))
		}
		if f.Kind == OptionValue {
			fmt.Fprintf(&s, "  [%s]", t.Explain(i))
		}
		if t.IsLeaf(i) {
			fmt.Fprintf(&s, "  |%s|", t.Label(i))
		}
		s.WriteByte('\n')
	}
	for i := range t.Findings {
		f := &t.Findings[i]
		at := "nothing"
		if f.Field >= 0 {
			at = t.Name(f.Field)
		}
		fmt.Fprintf(&s, "%s\n\tat %s, bits %d+%d\n", f, at, f.Span.Bit, f.Span.Bits)
	}
	return s.String()
}

// TestEachRuleIsInCorpus holds that the corpus has for each rule a message that breaks it, and one that just does not.
func TestEachRuleIsInCorpus(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/findings.txtar")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range archive.Files {
		name, _, _ := strings.Cut(f.Name, ".")
		names[name] = true
	}
	for _, r := range Rules() {
		if r.ID == "too-many-options" { // TestHostileMessages breaks it, and TestManyOptions does not
			continue
		}
		for _, name := range []string{r.ID, r.ID + "-ok"} {
			if !names[name] {
				t.Errorf("the corpus has no message %s", name)
			}
		}
	}
}

// TestNearMisses holds that messages named NAME-ok do not break the rule that NAME breaks, and clean ones none.
func TestNearMisses(t *testing.T) {
	for _, path := range corpusFiles(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			name, ok := strings.CutSuffix(f.Name, ".hex")
			if !ok {
				continue
			}
			ids := findingIDs(DissectFraming(framingOf(name), unhex(t, f)))
			rule, _, _ := strings.Cut(strings.TrimSuffix(name, filepath.Ext(name)), "/")
			rule, near := strings.CutSuffix(rule, "-ok")
			switch {
			case filepath.Base(path) != "findings.txtar":
				if len(ids) > 0 {
					t.Errorf("%s: %s has findings %v on clean traffic", path, name, ids)
				}
			case near && strings.Contains(ids, " "+rule+" "):
				t.Errorf("%s breaks %s", name, rule)
			case !near && !strings.Contains(ids, " "+rule+" "):
				t.Errorf("%s has findings %q", name, ids)
			}
		}
	}
}

func findingIDs(t *Tree) string {
	s := ""
	for _, f := range t.Findings {
		s += " " + f.ID + " "
	}
	return s
}

func corpusFiles(t testing.TB) []string {
	paths, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	return paths
}

// sample is a message of the corpus.
type sample struct {
	framing protocol.Framing
	bytes   []byte
}

// framingOf tells by its name in which framing a message of the corpus is.
func framingOf(name string) protocol.Framing {
	switch filepath.Ext(name) {
	case ".tcp":
		return protocol.StreamFraming
	case ".ws":
		return protocol.WebSocketFraming
	}
	return protocol.DatagramFraming
}

func corpusMessages(t testing.TB) (messages []sample) {
	for _, path := range corpusFiles(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if name, ok := strings.CutSuffix(f.Name, ".hex"); ok {
				messages = append(messages, sample{framingOf(name), unhex(t, f)})
			}
		}
	}
	return messages
}

// unhex reads hexadecimal digits with blanks and comments; "text" in quotes stands for its bytes, and 61*300
// for 300 bytes.
func unhex(t testing.TB, f txtar.File) (b []byte) {
	for line := range strings.Lines(string(f.Data)) {
		line, _, _ = strings.Cut(line, "#")
		for i, part := range strings.Split(line, `"`) {
			if i%2 == 1 {
				b = append(b, part...)
				continue
			}
			for _, word := range strings.Fields(part) {
				word, times, repeated := strings.Cut(word, "*")
				raw, err := hex.DecodeString(word)
				if err != nil {
					t.Fatalf("%s: %v", f.Name, err)
				}
				n := 1
				if repeated {
					if n, err = strconv.Atoi(times); err != nil {
						t.Fatalf("%s: %v", f.Name, err)
					}
				}
				b = append(b, bytes.Repeat(raw, n)...)
			}
		}
	}
	return b
}

func unhexString(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
