package view

import (
	"testing"
	"time"

	"coapscope/session"
	"coapscope/session/exchange"
)

func TestWaitingWords(t *testing.T) {
	until := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for want, w := range map[string]session.Waiting{
		"waits for 1 exchange to this device to end (NSTART, RFC 7252 §4.7)":                                                                     {},
		"waits for 3 exchanges to this device to end (NSTART, RFC 7252 §4.7)":                                                                    {Ahead: 2},
		"waits until 03:04:05 for a message ID: all 65,536 are in use with this device (RFC 7252 §4.4)":                                          {Why: exchange.WaitsForMessageID, Until: until},
		"waits for a message ID: all 65,536 are in use with this device (RFC 7252 §4.4)":                                                         {Why: exchange.WaitsForMessageID},
		"waits until 03:04:05: the device leaves NONs unanswered and is silent, and PROBING_RATE limits what is sent to it then (RFC 7252 §4.7)": {Why: exchange.WaitsForProbingRate, Until: until},
	} {
		if got := waitingWords(w); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	held := session.HeldBack{Until: until, Why: "too many requests"}
	if got, want := heldWords(held), "held back until 03:04:05: the device said too many requests"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
