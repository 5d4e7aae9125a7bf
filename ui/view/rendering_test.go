package view_test

import (
	"slices"
	"strings"
	"testing"

	"coapscope/protocol/payload"
	"coapscope/ui/view"
)

func texts(v *view.Rendering) string {
	var lines []string
	for i := range v.Len() {
		lines = append(lines, v.Row(i).String())
	}
	return strings.Join(lines, "\n")
}

func TestRenderingFolds(t *testing.T) {
	var v view.Rendering
	long := strings.Repeat("lorem ipsum ", 12)
	body := []byte(`{"a":{"x":1,"y":{"deep":"` + long + `","z":"` + long + `"}},"b":[]}`)
	if !v.Show(50, body) || v.Show(50, body) {
		t.Fatal("the payload is shown once")
	}
	all := texts(&v)
	if !strings.Contains(all, "deep") {
		t.Fatalf("shown is\n%s", all)
	}
	find := func(part string) int {
		for i := range v.Len() {
			if strings.Contains(v.Row(i).String(), part) {
				return i
			}
		}
		t.Fatalf("no row has %q:\n%s", part, texts(&v))
		return -1
	}
	a := find(`"a"`)
	if open, foldable := v.Foldable(a); !open || !foldable {
		t.Fatalf("row %d: open %v, foldable %v", a, open, foldable)
	}
	y := find(`"y"`)
	v.SetOpen(y, false)
	v.SetOpen(a, false)
	folded := texts(&v)
	if strings.Contains(folded, `"x"`) || !strings.Contains(v.Row(a).String(), "… ") || !strings.Contains(folded, `"b"`) {
		t.Errorf("folded:\n%s", folded)
	}
	if open, foldable := v.Foldable(a); open || !foldable {
		t.Errorf("folded row: open %v, foldable %v", open, foldable)
	}
	v.SetOpen(a, true)
	if got := texts(&v); !strings.Contains(got, `"x"`) || strings.Contains(got, "deep") {
		t.Errorf("what was folded inside stays folded:\n%s", got)
	}
	v.SetOpen(find(`"y"`), true)
	if got := texts(&v); got != all {
		t.Errorf("unfolded again:\n%s", got)
	}
	if open, foldable := v.Foldable(find(`"x"`)); open || foldable {
		t.Error("a leaf can be folded")
	}
}

func TestRenderingByHand(t *testing.T) {
	var v view.Rendering
	v.Show(0, []byte("abc"))
	if v.View().Name != payload.NameText || !slices.Contains(v.Others(), payload.NameCBOR) {
		t.Fatalf("shown as %s, others %v", v.View().Name, v.Others())
	}
	v.Choose(payload.NameCBOR)
	if v.View().Name != payload.NameCBOR || slices.Contains(v.Others(), payload.NameCBOR) {
		t.Errorf("shown as %s, others %v", v.View().Name, v.Others())
	}
	v.Choose("nothing like that")
	if v.View().Name != payload.NameCBOR {
		t.Errorf("shown as %s", v.View().Name)
	}
	v.Show(60, []byte{0xa1, 0x61, 't', 0x18, 0x2a})
	if v.View().Name != payload.NameCBOR {
		t.Errorf("the view that was chosen is gone: %s", v.View().Name)
	}
}

func TestRenderingBytes(t *testing.T) {
	var v view.Rendering
	v.Show(60, []byte{0xa1, 0x61, 't', 0x18, 0x2a})
	got := ""
	for i := range v.Len() {
		if strings.Contains(v.Row(i).String(), "42") {
			got = v.Bytes(i)
		}
	}
	if !strings.HasSuffix(got, "61 74 18 2a") {
		t.Errorf("got %q", got)
	}
	if got := v.Bytes(99); got != "" {
		t.Errorf("a row that is not there shows %q", got)
	}
}

// A note is a warning only where something is left out or wrong.
func TestRenderingNote(t *testing.T) {
	var v view.Rendering
	for _, c := range []struct {
		format int
		body   string
		note   string // a part of it
		want   view.Concept
	}{
		{0, "abc", "", view.Dim},
		{110, `[{"n":"a","v":1},{"n":"b","v":2}]`, "2 records", view.Dim},
		{110, `[{"n":"a","v":1},{"v":2}]`, "mistake", view.Warning},
		{50, `{"a":`, "not well-formed", view.Warning},
	} {
		v.Show(c.format, []byte(c.body))
		v.Choose(v.Views[0].Name)
		if text, concept := v.Note(); concept != c.want || !strings.Contains(text, c.note) {
			t.Errorf("%s as %s: %q, %v", c.body, v.View().Name, text, concept)
		}
	}
}
