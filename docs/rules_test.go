package docs_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"coapscope/protocol/dissect"
	"coapscope/session/lint"
)

var update = flag.Bool("update", false, "write the tables of rules into rules.md")

// corpora says where the tests of a table of rules are: the test, and the archives that it reads.
var corpora = []struct {
	marker, test, archives string
	rules                  []dissect.Rule
}{
	{"message", "TestCorpus", "../protocol/dissect/testdata/*.txtar", dissect.Rules()},
	{"history", "TestStories", "../session/lint/testdata/*.txtar", lint.Rules()},
}

// rules.md has each rule, with its clause as the program says it, and a test of each that is there.
func TestRulesPage(t *testing.T) {
	page, err := os.ReadFile("rules.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range corpora {
		table := rulesTable(t, c.test, c.archives, c.rules)
		begin, end := "<!-- rules: "+c.marker+" -->\n", "<!-- end -->\n"
		at := bytes.Index(page, []byte(begin))
		if at < 0 {
			t.Fatalf("rules.md has no %q", begin)
		}
		at += len(begin)
		length := bytes.Index(page[at:], []byte(end))
		if length < 0 {
			t.Fatalf("rules.md: %q has no end", begin)
		}
		if string(page[at:at+length]) == table {
			continue
		}
		if *update {
			page = append(append(bytes.Clone(page[:at]), table...), page[at+length:]...)
			continue
		}
		t.Errorf("rules.md: the table of rules %q is not that of the program; run go test ./docs -update", c.marker)
	}
	if *update {
		if err := os.WriteFile("rules.md", page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// rulesTable writes the rules as a table, with the first test that has a finding of each.
func rulesTable(t *testing.T, test, pattern string, rules []dissect.Rule) string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %d files", pattern, err, len(files))
	}
	where := map[string]string{}
	for _, path := range files {
		archive, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range archive.Files {
			for _, r := range rules {
				broken := regexp.MustCompile(`(?m)^.*(note|warning|error|!)\W+` + regexp.QuoteMeta(r.ID) + `\b`)
				name, _, _ := strings.Cut(f.Name, ".")
				named := name == r.ID && broken.Match(f.Data)
				if _, known := where[r.ID]; named || !known && broken.Match(f.Data) {
					where[r.ID] = fmt.Sprintf("%s: %s, %s", test, filepath.Base(path), strings.TrimSuffix(f.Name, ".txt"))
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("| rule | severity | clause | what it says | test |\n|---|---|---|---|---|\n")
	for _, r := range rules {
		if where[r.ID] == "" && r.ID == "too-many-options" {
			where[r.ID] = inCode(t, "../protocol/dissect/hostile_test.go", "TestHostileMessages", r.ID)
		}
		if where[r.ID] == "" {
			t.Errorf("%s: no archive of %s has a finding of it", r.ID, pattern)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.ID, r.Severity, r.Reference, r.Title, where[r.ID])
	}
	return b.String()
}

// inCode gives the test of a rule that no archive could hold, if the file has both.
func inCode(t *testing.T, path, test, id string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte("func "+test+"(")) || !bytes.Contains(text, []byte(id)) {
		return ""
	}
	return test
}
