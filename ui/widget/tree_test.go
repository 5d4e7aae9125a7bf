package widget

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"coapscope/ui/view"
)

// foldable is a tree of two devices whose rows follow the folds.
func foldable() (*Tree, map[string]bool) {
	open := map[string]bool{"a": true}
	t := NewTree()
	set := func() {
		rows := []Row{
			{ID: "head", Kind: HeadingRow, Text: "DEVICES", Right: "+ add", RightConcept: view.Accent},
			{ID: "a", Text: "node", Bold: true, Foldable: true, Open: open["a"], Right: "12 ms", RightConcept: view.Good},
		}
		if open["a"] {
			rows = append(rows,
				Row{Kind: SubtitleRow, Text: "127.0.0.1:5683"},
				Row{ID: "a/1", Depth: 1, Text: "temp", Marks: []Mark{{Sign: SignObservable}}, Right: "21.4"},
				Row{ID: "a/2", Depth: 1, Text: "log", Marks: []Mark{{Sign: SignBlock, Text: "48 KiB"}}})
		}
		rows = append(rows, Row{ID: "b", Text: "meter", Foldable: true, Open: open["b"]})
		t.SetRows(rows)
	}
	t.OnFold = func(id string, on bool) { open[id] = on; set() }
	set()
	return t, open
}

func TestTreeSays(t *testing.T) {
	tree, _ := foldable()
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	got := tree.Snapshot().Lines()
	want := "[DEVICES | + add node | 12 ms 127.0.0.1:5683 temp | 21.4 log | 48 KiB meter]"
	if fmt.Sprint(got) != want {
		t.Errorf("lines %v\nwant  %v", got, want)
	}
}

func TestTreeKeys(t *testing.T) {
	tree, open := foldable()
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	var got []string
	tree.OnSelect = func(id string) { got = append(got, id) }
	for _, k := range []fyne.KeyName{
		fyne.KeyDown,               // a
		fyne.KeyRight,              // its first child
		fyne.KeyDown, fyne.KeyLeft, // a/2, back to a
		fyne.KeyLeft,  // folds a
		fyne.KeyDown,  // b: nothing between
		fyne.KeyRight, // opens b
		fyne.KeyHome, fyne.KeyEnd, fyne.KeyUp,
	} {
		tree.TypedKey(&fyne.KeyEvent{Name: k})
	}
	if want := "[a a/1 a/2 a b a b a]"; fmt.Sprint(got) != want {
		t.Errorf("selected %v, want %v", got, want)
	}
	if open["a"] || !open["b"] {
		t.Errorf("open: %v", open)
	}
}

func TestTreePointer(t *testing.T) {
	tree, open := foldable()
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	tap := func(text string, dx float32) {
		s, ok := tree.Snapshot().Find(text)
		if !ok {
			t.Fatalf("no text %q", text)
		}
		_, y := s.Center()
		tree.Tapped(&fyne.PointEvent{Position: fyne.NewPos(s.X+dx, y)})
	}
	tap("temp", 3)
	if tree.Selected() != "a/1" {
		t.Errorf("selected %q", tree.Selected())
	}
	tap("127.0.0.1:5683", 3)
	if tree.Selected() != "a" {
		t.Errorf("a click on the subtitle selected %q, want its device", tree.Selected())
	}
	tap("node", -9) // the triangle
	if open["a"] {
		t.Error("a click on the triangle did not fold")
	}
	var action string
	tree.OnAction = func(id string) { action = id }
	tap("+ add", 3)
	if action != "head" {
		t.Errorf("action of %q", action)
	}
	if got := tree.RowText("a"); got != "node\t12 ms" {
		t.Errorf("the text of a row is %q", got)
	}
}

func TestTreeShowsWhatIsSelectedFarDown(t *testing.T) {
	tree := NewTree()
	rows := make([]Row, 50_000)
	for i := range rows {
		rows[i] = Row{ID: fmt.Sprint("r", i), Text: fmt.Sprint("row ", i)}
	}
	tree.SetRows(rows)
	tree.Select("r40000") // before there is room
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	text := tree.Snapshot().String()
	if !strings.Contains(text, "row 40000\n") {
		t.Errorf("row 40000 is not in sight:\n%s", text)
	}
	if n := strings.Count(text, "\n"); n > 16 {
		t.Errorf("%d rows are drawn", n)
	}
	tree.SetRows(rows[:5])
	if text := tree.Snapshot().String(); !strings.HasPrefix(text, "row 0\n") {
		t.Errorf("fewer rows:\n%s", text)
	}
}

// counting is a source of many rows that counts what is asked of it.
type counting struct {
	n           int
	layout      uint64
	lines, made int
	beyond      bool // something that is not there was asked for
	kind        RowKind
}

func (s *counting) Layout() uint64 { return s.layout }
func (s *counting) Len() int       { return s.n }
func (s *counting) Line(i int) Line {
	s.lines++
	s.beyond = s.beyond || i < 0 || i >= s.n
	return Line{Kind: s.kind, Depth: i % 2}
}

func (s *counting) Row(i int) Row {
	s.made++
	s.beyond = s.beyond || i < 0 || i >= s.n
	return Row{ID: fmt.Sprint("c", i), Text: fmt.Sprint("row ", i), Depth: i % 2, Right: "21.4", Ring: Ring{Shown: true, Left: 0.5}}
}

func (s *counting) Index(id string) int {
	i := -1
	if _, err := fmt.Sscanf(id, "c%d", &i); err != nil || i >= s.n {
		return -1
	}
	return i
}

// Of a source, rows are made when they are drawn, and lines are looked at when their layout has changed: a refresh costs the
// same whatever there is.
func TestTreeMakesTheRowsInSight(t *testing.T) {
	for _, n := range []int{400, 40_000} {
		tree, source := NewTree(), &counting{n: n}
		var above, below Rows
		above.Set([]Row{{ID: "head", Kind: HeadingRow, Text: "DEVICES"}})
		below.Set([]Row{{ID: "more", Kind: HeadingRow, Text: "COLLECTIONS"}, {ID: "k", Text: "kept"}})
		tree.SetSources(&above, source, &below)
		show(t, NewTheme(Dark, 1), tree, 260, 300)
		lines := source.lines
		source.made = 0
		for range 10 {
			above.Set([]Row{{ID: "head", Kind: HeadingRow, Text: "DEVICES"}})
			tree.SetSources(&above, source, &below)
			tree.Snapshot()
		}
		if source.lines != lines || source.made > 10*15 {
			t.Errorf("%d rows: 10 refreshes looked at %d lines and made %d rows", n, source.lines-lines, source.made)
		}
		tree.Select("c199")
		source.made = 0
		if text := tree.Snapshot().String(); !strings.Contains(text, "row 199 | 21.4\n") || source.made > 16 {
			t.Errorf("row 199 is not in sight, or %d rows were made:\n%s", source.made, text)
		}
		tree.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnd})
		if text := tree.Snapshot().String(); tree.Selected() != "k" || !strings.Contains(text, "COLLECTIONS\nkept\n") {
			t.Errorf("the end selects %q:\n%s", tree.Selected(), text)
		}
		tree.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
		if tree.Selected() != fmt.Sprint("c", n-1) {
			t.Errorf("%q is before it", tree.Selected())
		}
		// It shrinks, and another row stands above.
		source.n, source.layout = 3, 1
		above.Set([]Row{{ID: "head", Kind: HeadingRow, Text: "DEVICES"}, {ID: "ask", Text: "Send 40 requests"}})
		tree.SetSources(&above, source, &below)
		if text, want := tree.Snapshot().String(), "DEVICES\nSend 40 requests\nrow 0 | 21.4\nrow 1 | 21.4\nrow 2 | 21.4\nCOLLECTIONS\nkept\n"; text != want || source.beyond {
			t.Errorf("smaller:\n%s\nwant\n%s", text, want)
		}
		if r, ok := tree.Row("c2"); !ok || r.Text != "row 2" {
			t.Errorf("row c2: %+v", r)
		}
		if _, ok := tree.Row("c7"); ok {
			t.Error("a row that is gone")
		}
	}
}

func TestTreeWithoutSources(t *testing.T) {
	tree := NewTree()
	tree.Empty = "nothing"
	show(t, NewTheme(Dark, 1), tree, 260, 300)
	for _, k := range []fyne.KeyName{fyne.KeyDown, fyne.KeyUp, fyne.KeyEnd, fyne.KeyHome, fyne.KeyRight, fyne.KeyLeft, fyne.KeyReturn} {
		tree.TypedKey(&fyne.KeyEvent{Name: k})
	}
	tree.Tapped(&fyne.PointEvent{Position: fyne.NewPos(20, 20)})
	if got := tree.Snapshot().String(); got != "nothing\n" || tree.Selected() != "" {
		t.Errorf("%q, selected %q", got, tree.Selected())
	}
	tree.SetSources(new(Rows), new(Rows))
	if tree.Len() != 0 || tree.Snapshot().String() != "nothing\n" {
		t.Error("empty sources have rows")
	}
}

// What is wide gives way: the numbers of a value first, then the marks, the beginning of the path, and the end of the device's name.
func TestTreeRowGivesWay(t *testing.T) {
	row := Row{ID: "r", Text: "/sensors/temperature", Note: "livingroom-node", Right: "21.4 °C", Ring: Ring{Shown: true, Left: 1}, Spark: []float32{0, 1, 0.5}}
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	accent := func(width float32) (pixels int) {
		p, img := NewImagePainter(width, 22, 1, CurrentPalette())
		NewTree().drawRow(p, &row, false)
		for i := 0; i < len(img.Pix); i += 4 {
			c := p.Pal.Text(view.Accent) // the dot of a sparkline
			if img.Pix[i] == c.R && img.Pix[i+1] == c.G && img.Pix[i+2] == c.B {
				pixels++
			}
		}
		return pixels
	}
	says := func(width float32) string {
		tree := NewTree()
		tree.SetRows([]Row{row})
		show(t, NewTheme(Dark, 1), tree, width, 100)
		return strings.TrimSpace(tree.Snapshot().String())
	}
	for width, want := range map[float32]string{
		440: "/sensors/temperature | livingroom-node | 21.4 °C",
		340: "/sensors/temperature | livingroom-node | 21.4 °C",
		290: "…/temperature | livingroom-node | 21.4 °C",
		235: "…/temperature | livingroom-node | 21.4 °C", // the note is cut short
	} {
		if got := says(width); got != want {
			t.Errorf("%v wide: %q, want %q", width, got, want)
		}
		if spark := accent(width) > 0; spark != (width > 400) {
			t.Errorf("%v wide: the numbers are drawn: %v", width, spark)
		}
	}
}

// That a resource can be observed is said as long as a part of the device's name and of the path can be.
func TestTreeRowKeepsItsMarks(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(NewTheme(Dark, 1))
	for _, c := range []struct {
		width float32
		text  string
		right string
		want  string
	}{
		{234, "/sensors/humidity", "", "/sensors/humidity | sign | livingroom-node"},
		{234, "/sensors/temp", "", "/sensors/temp | sign | livingroom-node"},
		{234, "/actuators/relay/1", "PUT", "…/relay/1 | sign | livingroom-node | PUT"},
		{190, "/sensors/measurements", "", "…/measurements | livingroom-node"},
	} {
		tree := NewTree()
		tree.SetRows([]Row{{ID: "r", Text: c.text, Note: "livingroom-node", Right: c.right, Marks: []Mark{{Text: "sign", Concept: view.Dim}}}})
		show(t, NewTheme(Dark, 1), tree, c.width, 100)
		if got := strings.TrimSpace(tree.Snapshot().String()); got != c.want {
			t.Errorf("%v wide: %q, want %q", c.width, got, c.want)
		}
	}
}

func TestTreeHeadingHasAChoice(t *testing.T) {
	tree := NewTree()
	tree.SetRows([]Row{{ID: "head", Kind: HeadingRow, Text: "DEVICES  5", Choice: "by path ▾", Right: "+ add"}})
	show(t, NewTheme(Dark, 1), tree, 230, 100)
	if got := strings.TrimSpace(tree.Snapshot().String()); got != "DEVICES  5 | by path ▾ | + add" {
		t.Errorf("it says %q", got)
	}
	var did []string
	tree.OnAction = func(id string) { did = append(did, "action "+id) }
	tree.OnChoice = func(id string, _ Tap) { did = append(did, "choice "+id) }
	for _, text := range []string{"by path ▾", "+ add"} {
		s, _ := tree.Snapshot().Find(text)
		_, y := s.Center()
		tree.Tapped(&fyne.PointEvent{Position: fyne.NewPos(s.X+3, y)})
	}
	if fmt.Sprint(did) != "[choice head action head]" {
		t.Errorf("did %v", did)
	}
}
