package dissect

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the dissector says into the corpus")

// A corpus archive has pairs of files: NAME.hex, whose lines may have comments behind "#", and NAME.txt, the
// tree and the findings.

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
			b := unhex(t, f)
			checkTree(t, &tree, b)
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

// TestEachRuleIsInCorpus holds that the corpus has a message for each rule, and one clean neighbour.
func TestEachRuleIsInCorpus(t *testing.T) {
	seen := map[string]bool{}
	for _, b := range corpusMessages(t) {
		for _, f := range Dissect(b).Findings {
			seen[f.ID] = true
		}
	}
	for _, r := range Rules() {
		if !seen[r.ID] && r.ID != "too-many-options" { // which TestHostileMessages breaks
			t.Errorf("no message in the corpus breaks %s", r.ID)
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
			ids := findingIDs(Dissect(unhex(t, f)))
			rule, near := strings.CutSuffix(name, "-ok")
			rule, _, _ = strings.Cut(rule, "/")
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

func corpusMessages(t testing.TB) (messages [][]byte) {
	for _, path := range corpusFiles(t) {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			if strings.HasSuffix(f.Name, ".hex") {
				messages = append(messages, unhex(t, f))
			}
		}
	}
	return messages
}

// unhex reads hexadecimal digits with blanks and comments; "text" in quotes stands for its bytes.
func unhex(t testing.TB, f txtar.File) (b []byte) {
	for line := range strings.Lines(string(f.Data)) {
		line, _, _ = strings.Cut(line, "#")
		for i, part := range strings.Split(line, `"`) {
			if i%2 == 1 {
				b = append(b, part...)
				continue
			}
			raw, err := hex.DecodeString(strings.Join(strings.Fields(part), ""))
			if err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			b = append(b, raw...)
		}
	}
	return b
}
