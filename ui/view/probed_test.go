package view

import "testing"

func TestProbed(t *testing.T) {
	p := Probed{Spans: []ProbedSpan{
		{Text: "Stop sign", X: 10, Y: 10, W: 50, H: 16, Panel: "bar"},
		{Text: "Stop", X: 100, Y: 10, W: 30, H: 16, Panel: "bar"},
		{Text: "t", X: 10, Y: 60, W: 8, H: 16, Panel: "answer"},
		{Text: ": 21.5", X: 18, Y: 61, W: 40, H: 16, Panel: "answer"},
		{Text: "Cel", X: 90, Y: 60, W: 30, H: 16, Panel: "answer"},
		{Text: "Answer", X: 10, Y: 30, W: 60, H: 16, Panel: "answer"},
		{Text: "Stop", X: 20, Y: 70, W: 30, H: 16},
	}}
	if got, want := p.Text("answer"), "Answer\nt: 21.5 Cel\n"; got != want {
		t.Errorf("the answer says %q, want %q", got, want)
	}
	for _, test := range []struct {
		panel, text string
		x           float32 // of the span found, 0 for none
	}{
		{"bar", "Stop", 100}, // the whole text, before one that only has it
		{"bar", "sign", 10},
		{"", "Stop", 100}, // the upper one
		{"answer", "Stop", 0},
		{"answer", "21", 18},
	} {
		s, ok := p.Find(test.panel, test.text)
		if ok != (test.x != 0) || s.X != test.x || p.Says(test.panel, test.text) != ok {
			t.Errorf("Find(%q, %q) is %+v, %v; want the span at %v", test.panel, test.text, s, ok, test.x)
		}
	}
}
