package view_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"coapscope/ui/view"
)

// known are the candidates of the tests below.
var known = []view.Candidate{
	{"coap://[fe80::1%eth0]/sensors/temp", "livingroom-node", "Temperature"},
	{"coap://[fe80::1%eth0]/sensors/humidity", "livingroom-node", "Relative humidity"},
	{"coap://[fe80::1%eth0]/actuators/led", "livingroom-node", ""},
	{"coap://192.0.2.44/temperature", "boiler", ""},
	{"coap://192.0.2.44/t", "boiler", "Outside temp"},
	{"coap://192.0.2.44/Heizöl", "boiler", "Füllstand"},
	{"coaps://example.org/far", "boiler", ""},
}

func completion() *view.Completion {
	c := new(view.Completion)
	c.AddSource(func() iter.Seq[view.Candidate] { return slices.Values(known) })
	return c
}

func TestAddressCompletes(t *testing.T) {
	for _, c := range []struct {
		text string
		want string // the paths, the best first
	}{
		{"", ""},
		{"   ", ""},
		{"temp", "/sensors/temp /temperature /t"},
		{"TEMP", "/sensors/temp /temperature /t"},
		{"living", "/sensors/temp /sensors/humidity /actuators/led"},
		{"living hum", "/sensors/humidity"},
		{"hum living", "/sensors/humidity"},
		{"living boiler", ""},
		{"relative", "/sensors/humidity"},
		{"/actu", "/actuators/led"},
		{"coap://192.0.2.44/t", "/temperature"},
		{"192.0.2.44/t", "/t /temperature"},
		{"coap://192.0.2.44/te", "/temperature"},
		{"coap://192.0.2.44/sensors", ""},
		{"192.0", "/t /Heizöl /temperature"},
		{"heizöl", "/Heizöl"},
		{"füll", "/Heizöl"},
		{"coaps", "/far"},
		{"coap://192.0.2.44/temperature", ""},
		{"nothing", ""},
	} {
		var got []string
		for _, f := range completion().Complete(c.text) {
			got = append(got, f.Address[strings.LastIndex(f.Address[:len(f.Address)-1], "]")+1:])
		}
		for i, a := range got {
			a = strings.TrimPrefix(strings.TrimPrefix(a, "coap://192.0.2.44"), "coaps://example.org")
			got[i] = a
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q completes to %q, want %q", c.text, got, c.want)
		}
	}
}

// The same address of two sources is given once, as the first has it; sources may be added.
func TestCompletionSources(t *testing.T) {
	c := completion()
	c.AddSource(func() iter.Seq[view.Candidate] {
		return slices.Values([]view.Candidate{known[0], {"coap://192.0.2.9/temp/old", "history", "GET"}})
	})
	var names []string
	for _, f := range c.Complete("temp") {
		names = append(names, f.Name)
	}
	if got := strings.Join(names, " "); got != "history livingroom-node boiler boiler" {
		t.Errorf("sources: %q", got)
	}
}

func TestCompletionMarksWhatWasTyped(t *testing.T) {
	for text, want := range map[string]string{
		"temp": "temp", "coap://[fe80::1%eth0]/sensors/te": "coap://[fe80::1%eth0]/sensors/te", "[fe80::1%eth0]/sensors/t": "[fe80::1%eth0]/sensors/t",
		"sens temp": "sens|temp", "livingroom temp": "temp",
	} {
		f := completion().Complete(text)[0]
		var parts []string
		for r := range slices.Chunk(view.MarkRanges(f.Address, f.Marks), 2) {
			parts = append(parts, f.Address[r[0]:r[1]])
		}
		if got := strings.Join(parts, "|"); got != want {
			t.Errorf("%q marks %q of %s, want %q", text, got, f.Address, want)
		}
	}
}

// Whatever is typed: what is given has the words, nothing is given twice, and marks are letters of the address.
func TestCompletionProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.SampledFrom([]rune("coap:/[]192.temsblödT ")), 0, 12, -1).Draw(t, "text")
		seen := map[string]bool{}
		for _, f := range completion().Complete(text) {
			if seen[f.Address] || f.Address == strings.TrimSpace(text) {
				t.Fatalf("%s is given for nothing", f.Address)
			}
			seen[f.Address] = true
			all := strings.ToLower(f.Address + " " + f.Name + " " + f.Title)
			for word := range strings.FieldsSeq(strings.ToLower(text)) {
				if !strings.Contains(all, word) {
					t.Fatalf("%s is given for %q, and does not have %q", f.Address, text, word)
				}
			}
			letters := []rune(f.Address)
			for _, m := range f.Marks {
				if m < 0 || m >= len(letters) {
					t.Fatalf("letter %d of %s is marked", m, f.Address)
				}
			}
		}
	})
}

func BenchmarkCompletion(b *testing.B) {
	var many []view.Candidate
	for i := range 10_000 {
		many = append(many, view.Candidate{Address: fmt.Sprintf("coap://192.0.2.%d/sensors/%d/temp", i%250, i), Name: "node", Title: "Temperature"})
	}
	c := new(view.Completion)
	c.AddSource(func() iter.Seq[view.Candidate] { return slices.Values(many) })
	for b.Loop() {
		c.Complete("node temp")
	}
}
