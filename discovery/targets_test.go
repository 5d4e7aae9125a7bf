package discovery

import (
	"fmt"
	"strings"
	"testing"
)

func TestParseTargets(t *testing.T) {
	for text, want := range map[string]string{
		"192.0.2.1":                       "192.0.2.1 (1)",
		"192.0.2.1-40":                    "192.0.2.1-192.0.2.40 (40)",
		"192.0.2.250-192.0.3.5":           "192.0.2.250-192.0.3.5 (12)",
		"192.0.2.5-40:61616":              "[192.0.2.5-192.0.2.40]:61616 (36)",
		"192.0.2.0/28":                    "192.0.2.1-192.0.2.14 (14)",
		"192.0.2.7/28":                    "192.0.2.1-192.0.2.14 (14)",
		"192.0.2.8/31, 192.0.2.9/32":      "192.0.2.8-192.0.2.9, 192.0.2.9 (3)",
		"[2001:db8::1]:7 2001:db8::10-1f": "[2001:db8::1]:7, 2001:db8::10-2001:db8::1f (17)",
		"fe80::1%eth0,fe80::1-3%eth0":     "",
		"fe80::1%eth0":                    "[fe80::1%eth0] (1)",
		"2001:db8::/124":                  "2001:db8::-2001:db8::f (16)",
		"sensor.local;a-b.example:99":     "sensor.local, a-b.example:99 (2)",
		"coap://192.0.2.1/x coap://s:4":   "192.0.2.1, s:4 (2)",
		"10.0.0.0/16":                     "10.0.0.1-10.0.255.254 (65534)",
		"::ffff:192.0.2.1":                "192.0.2.1 (1)",
	} {
		ts, err := ParseTargets(text, 5683)
		got := ""
		if err == nil {
			got = fmt.Sprintf("%v (%d)", ts, ts.Count())
		}
		if got != want {
			t.Errorf("%s: got %q, %v; want %q", text, got, err, want)
		}
		if err != nil {
			continue
		}
		n := 0
		for range ts.endpoints() {
			n++
		}
		if n != ts.Count() {
			t.Errorf("%s: %d endpoints, want %d", text, n, ts.Count())
		}
	}
	for text, want := range map[string]string{
		" , ":                              "write hosts",
		"192.0.2.1 10.0.0.0/8":             `"10.0.0.0/8": a network of 2^24`,
		"10.0.0.0/16 10.1.0.0/16":          `"10.1.0.0/16": with it there are more than 65536`,
		"192.0.2.40-1":                     "before it begins",
		"192.0.2.1-2001:db8::1":            "before it begins",
		"192.0.2.1-x":                      "the end",
		"224.0.1.187":                      "a group",
		"239.0.0.0/28":                     "a group",
		"0.0.0.0":                          "no address of a host",
		"255.255.255.255":                  "no address of a host",
		"fe80::1":                          "every link",
		"192.0.2":                          "neither an address",
		"192.0.2.300":                      "neither an address",
		"192.0.2.1:0":                      "port",
		"a:b":                              "port",
		"[::1":                             "] is missing",
		"[::1]x":                           "behind ]",
		"192.0.2.0/x":                      "a network is",
		"http://x/":                        "",
		"coaps://x":                        "cannot be searched",
		"-x":                               "neither",
		"2001:db8::/64":                    "2^64",
		"10.0.0.0-20.0.0.0":                "more than 65536",
		"2001:db8::-2001:db9::":            "more than 65536",
		"a..b":                             "neither",
		strings.Repeat("x", 64) + ".local": "neither",
	} {
		if ts, err := ParseTargets(text, 5683); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v; want %q", text, ts, err, want)
		}
	}
}

// What is read is bounded, and what is written of it is read as the same.
func FuzzParseTargets(f *testing.F) {
	for _, s := range []string{"192.0.2.1-40,x", "[2001:db8::1]:7", "fe80::1%eth0", "2001:db8::/120", "coap://a:1/b", "[1.2.3.4-1.2.3.5]:9", "::-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ts, err := ParseTargets(text, 5683)
		if err != nil {
			return
		}
		if n := ts.Count(); n < 1 || n > maxTargets {
			t.Fatalf("%d hosts", n)
		}
		again, err := ParseTargets(ts.String(), 5683)
		if err != nil || again.Count() != ts.Count() || again.String() != ts.String() {
			t.Fatalf("%q is written %q, which is read as %q, %v", text, ts, again, err)
		}
	})
}
