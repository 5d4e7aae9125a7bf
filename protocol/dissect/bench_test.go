package dissect

import (
	"encoding/hex"
	"strings"
	"testing"
)

// sixtyBytes is a notification with six options: 60 bytes of CoAP.
func sixtyBytes(t testing.TB) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll("62457d34a1f3 44deadbeef 2107 613c 213c 9114 520400"+
		"ff", " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	for len(b) < 60 {
		b = append(b, 0xa1)
	}
	if tree := Dissect(b); len(tree.Options) != 6 || len(tree.Findings) != 0 || len(b) != 60 {
		t.Fatalf("not the message meant: %s", describe(tree))
	}
	return b
}

// A message of the usual size is dissected in one piece of memory, and in none by a Tree that is used again.
func TestDissectAllocations(t *testing.T) {
	message := sixtyBytes(t)
	if n := testing.AllocsPerRun(100, func() { Dissect(message) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
	var tree Tree
	if n := testing.AllocsPerRun(100, func() { tree.Dissect(message) }); n > 0 {
		t.Errorf("%v allocations of a Tree that is used again", n)
	}
}

func BenchmarkDissect(b *testing.B) {
	message := sixtyBytes(b)
	b.ReportAllocs()
	for b.Loop() {
		Dissect(message)
	}
}

func BenchmarkDissectReused(b *testing.B) {
	message := sixtyBytes(b)
	var tree Tree
	b.ReportAllocs()
	for b.Loop() {
		tree.Dissect(message)
	}
}

func BenchmarkTexts(b *testing.B) {
	tree := Dissect(sixtyBytes(b))
	b.ReportAllocs()
	for b.Loop() {
		for i := range tree.Fields {
			_, _, _ = tree.Name(i), tree.Value(i), tree.Label(i)
		}
	}
}

// BenchmarkDissectHostile dissects a megabyte of options without a value.
func BenchmarkDissectHostile(b *testing.B) {
	message := append([]byte{0x40, 0x01, 0, 1}, make([]byte, 1<<20)...)
	b.ReportAllocs()
	for b.Loop() {
		Dissect(message)
	}
}
