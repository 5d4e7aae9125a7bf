package payload

import (
	"strings"
	"testing"
)

// holds checks what is true of every view of any payload.
func holds(t *testing.T, v View, data []byte) {
	t.Helper()
	columns := v.Columns()
	for i := range v.Len() {
		line := v.Line(i)
		inRange(t, v.Name, line, data)
		if cells := v.Cells(i); cells != nil {
			if len(cells) != len(columns) {
				t.Fatalf("%s: line %d has %d cells in %d columns", v.Name, i, len(cells), len(columns))
			}
			for _, c := range cells {
				inRange(t, v.Name, c, data)
				if !strings.Contains(line.String(), c.String()) {
					t.Fatalf("%s: line %d %q has not its cell %q", v.Name, i, line, c)
				}
			}
		}
		if end, ok := v.Fold(i); ok && (end <= i || end > v.Len()) {
			t.Fatalf("%s: line %d of %d folds to %d", v.Name, i, v.Len(), end)
		}
	}
	if v.Truncated() && v.Note() == "" {
		t.Fatalf("%s: truncated without a note", v.Name)
	}
	folds := v.layout().folds
	for i := 1; i < len(folds); i++ {
		if folds[i].open <= folds[i-1].open {
			t.Fatalf("%s: fold %v after %v", v.Name, folds[i], folds[i-1])
		}
	}
}

func inRange(t *testing.T, name string, line Line, data []byte) {
	t.Helper()
	for _, s := range line {
		if s.Start < 0 || s.Start > s.End || s.End > len(data) {
			t.Fatalf("%s: span %+v of %d bytes", name, s, len(data))
		}
		if strings.ContainsAny(s.Text, "\n\r\x00\x1b") {
			t.Fatalf("%s: control character in %q", name, s.Text)
		}
	}
}

// everyByteShown checks that each byte which is not white space belongs to a span.
func everyByteShown(t *testing.T, v View, data []byte) { t.Helper(); everyByte(t, v, data, " \t\r\n") }

func everyByteOfCBOR(t *testing.T, v View, data []byte) { t.Helper(); everyByte(t, v, data, "") }

func everyByte(t *testing.T, v View, data []byte, but string) {
	t.Helper()
	shown := make([]bool, len(data)+1)
	for i := range v.Len() {
		for _, s := range v.Line(i) {
			for j := s.Start; j < s.End; j++ {
				shown[j] = true
			}
		}
	}
	for i, c := range data {
		if !shown[i] && strings.IndexByte(but, c) < 0 && !(i < 3 && strings.HasPrefix(string(data), "\ufeff")) {
			t.Fatalf("%s: byte %d %q is in no span of\n%s", v.Name, i, c, v)
		}
	}
}
