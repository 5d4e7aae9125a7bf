package view_test

import (
	"testing"

	"pgregory.net/rapid"

	"coapscope/protocol"
	"coapscope/ui/view"
)

// By hand, for 64-bit addresses and AES-CCM-32: the frame has 127 bytes, of which 2 are frame control, 1 sequence number,
// 2 PAN identifier, 16 addresses, 5 + 4 security, 2 check sequence: 32, so 95 are left. IPHC takes 2 and UDP 7, so 86 are
// left for a datagram. In fragments the first has 95 − 4 − 9 = 82, of which 80 are a multiple of 8; a next one 95 − 5 = 90,
// 88 where another follows.
func TestRadioFrames(t *testing.T) {
	usual := view.Radio{Port: 5683}
	for _, c := range []struct {
		name     string
		radio    view.Radio
		datagram int
		want     view.RadioFrames
	}{
		{"the smallest", usual, 4, view.RadioFrames{Count: 1, Left: 82}},
		{"full frame", usual, 86, view.RadioFrames{Count: 1, Left: 0}},
		{"one more", usual, 87, view.RadioFrames{Count: 2, Left: 83, Over: 1}}, // 80 + 7 of 90
		{"two full frames", usual, 170, view.RadioFrames{Count: 2, Left: 0, Over: 84}},
		{"three", usual, 171, view.RadioFrames{Count: 3, Left: 87, Over: 1}}, // 80 + 88 + 3 of 90
		{"four", usual, 300, view.RadioFrames{Count: 4, Left: 46, Over: 42}}, // 80 + 88 + 88 + 44 of 90
		// 127 − 11 = 116, − 9: 107.
		{"short, unprotected", view.Radio{Short: true, Security: view.NoRadioSecurity, Port: 5683}, 107, view.RadioFrames{Count: 1}},
		// The first has 116 − 4 − 9 = 103 ▸ 96, the last 111.
		{"short, unprotected, two", view.Radio{Short: true, Security: view.NoRadioSecurity, Port: 5683}, 108, view.RadioFrames{Count: 2, Left: 99, Over: 1}},
		// 127 − 23 − 21 = 83, − 2 − 32 − 7 = 42.
		{"worst", view.Radio{Security: view.CCM128, Addresses: view.InFull, Port: 5683}, 43, view.RadioFrames{Count: 2, Left: 67, Over: 1}}, // 83 − 4 − 41 = 38 ▸ 32; 11 of 78
		// A port of 0xf0xx saves a byte.
		{"short port", view.Radio{Port: 61616}, 87, view.RadioFrames{Count: 1}},
		// DTLS takes 29: 57 are left.
		{"DTLS", view.Radio{Port: 5684, DTLS: true}, 57, view.RadioFrames{Count: 1}},
		{"DTLS, one more", view.Radio{Port: 5684, DTLS: true}, 58, view.RadioFrames{Count: 2, Left: 83, Over: 1}},
		// 95 − 2 − 16 − 7 = 70.
		{"outside", view.Radio{Port: 5683, Addresses: view.Outside}, 70, view.RadioFrames{Count: 1}},
	} {
		if got := c.radio.Frames(c.datagram); got != c.want {
			t.Errorf("%s, %d bytes: %+v, want %+v", c.name, c.datagram, got, c.want)
		}
	}
	if got := (view.Radio{Security: view.NoRadioSecurity}).MAC(); got != 23 {
		t.Errorf("the link layer takes %d bytes", got)
	}
}

// The frames of a datagram are as few as can be: it fits them, and does not fit one less.
func TestRadioFramesAreFewest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := view.Radio{
			Short: rapid.Bool().Draw(t, "short"), Security: view.RadioSecurity(rapid.IntRange(0, 3).Draw(t, "security")),
			Addresses: view.RadioAddresses(rapid.IntRange(0, 2).Draw(t, "addresses")), Port: rapid.Uint16().Draw(t, "port"), DTLS: rapid.Bool().Draw(t, "dtls"),
		}
		n := rapid.IntRange(4, 1280).Draw(t, "bytes")
		f := r.Frames(n)
		if f.Count < 1 || f.Left < 0 || n > r.Room(f.Count) || f.Count > 1 && n <= r.Room(f.Count-1) {
			t.Fatalf("%d bytes in %+v of %+v; room for %d, for %d in one less", n, f, r, r.Room(f.Count), r.Room(f.Count-1))
		}
		if more := r.Frames(n + f.Left + 1); more.Count != f.Count+1 {
			t.Fatalf("%d bytes and %d more in %d frames, %d before", n, f.Left+1, more.Count, f.Count)
		}
	})
}

func TestRadioTo(t *testing.T) {
	for host, want := range map[string]view.RadioAddresses{
		"fe80::1%eth0": view.Neighbours, "2001:db8::1": view.Outside, "192.0.2.1": view.Neighbours, "::1": view.Neighbours, "lamp.example": view.Neighbours,
	} {
		got := view.Radio{}.RadioTo(protocol.URI{Host: host, Port: 61616})
		if got.Addresses != want || got.Port != 61616 {
			t.Errorf("%s: %+v, want %v", host, got, want)
		}
	}
}
