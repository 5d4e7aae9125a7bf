package docs_test

import (
	"os"
	"strings"
	"testing"

	"coapscope/session/filter"
)

// filters.md has each field.
func TestFiltersPage(t *testing.T) {
	page, err := os.ReadFile("filters.md")
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- fields -->\n", "<!-- end -->\n"
	head, rest, found := strings.Cut(string(page), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("filters.md has no %q and %q", begin, end)
	}
	var table strings.Builder
	table.WriteString("| field | kind | what it is |\n|---|---|---|\n")
	for _, f := range filter.Fields() {
		about := f.About
		if f.Choices != nil {
			about += ": " + strings.Join(f.Choices, ", ")
		}
		table.WriteString("| `" + f.Name + "` | " + f.Kind.String() + " | " + about + " |\n")
	}
	table.WriteString("| `option.N` | bytes | the option of number N, whatever it is |\n")
	want := head + begin + table.String() + end + tail
	if want == string(page) {
		return
	}
	if !*update {
		t.Fatal("filters.md: the table of fields is not that of the program; run go test ./docs -update")
	}
	if err := os.WriteFile("filters.md", []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
