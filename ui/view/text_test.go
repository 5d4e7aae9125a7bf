package view

import (
	"testing"
	"time"
)

func TestNumbersAsTheyAreRead(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1\u202f000", 1204318: "1\u202f204\u202f318"} {
		if got := Grouped(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int]string{0: "0 B", 9999: "9999 B", 10_000: "10 KiB", 49152: "48 KiB", 1 << 20: "1.0 MiB", 5 << 19: "2.5 MiB", 118<<20 + 9999: "118 MiB", 3 << 29: "1.5 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%d bytes are %q, want %q", n, got, want)
		}
	}
	for v, want := range map[float64]string{21.4: "21.4", 48: "48", 1013.25: "1013.25", 1.0 / 3: "0.333333", 2e9: "2e+09"} {
		if got := FormatNumber(v); got != want {
			t.Errorf("%v is %q, want %q", v, got, want)
		}
	}
}

func TestTimesAsTheyAreRead(t *testing.T) {
	for d, want := range map[time.Duration]string{
		417 * time.Microsecond: "417 µs", 2400 * time.Microsecond: "2.4 ms", 24 * time.Millisecond: "24 ms",
		2413 * time.Millisecond: "2.41 s", 80 * time.Second: "1 min 20 s",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{
		-time.Second: "0.0 s", 3200 * time.Millisecond: "3.2 s", 41 * time.Second: "41 s", 10 * time.Minute: "10 min",
	} {
		if got := Seconds(d); got != want {
			t.Errorf("%v left is %q, want %q", d, got, want)
		}
	}
}
