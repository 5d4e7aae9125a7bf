//go:build !ci

package main

import (
	"strings"
	"testing"
	"time"

	"coapscope/ui/view"
)

// TestWatching plays what a user does who has values in sight: all of a device observed, a notification that comes late, the
// chart, and what is written of it.
func TestWatching(t *testing.T) {
	plays(t, []deed{
		{"60-observe-all", (*user).observesAll},
		{"61-stale", (*user).seesWhatIsStale},
		{"62-chart", (*user).arrangesTheChart},
		{"63-one-observation", (*user).observesWhatIsObserved},
		{"64-export", (*user).exportsWhatWasSeen},
	})
}

func (u *user) observesAll() {
	u.discovers()
	u.WaitLong(3*patience, "the end of the search", func(p view.Probed) bool { return p.Says("bar", "◎ Discover") })
	openDevice(u.Driver, "livingroom-node", "temp")
	// One after the other, so that one of the temperature is among them.
	u.makesTheNetworkBad("delay received NON 5 7s\ndelay received NON 6 7s\ndelay received NON 7 7s\ndelay received NON 8 7s", "bad network: 4 rules")
	u.Try(func() { u.Key("ctrl+5") }, "the empty list", func(p view.Probed) bool { return p.Says("packets", "Observe a resource: ◉") })
	u.Try(func() { u.Key("ctrl+shift+e") }, "four observations", func(p view.Probed) bool { return p.Says("status", "4 observations") })
	for _, text := range []string{"temp", "humidity", "co2", "senml"} {
		u.says("packets", text)
	}
	u.says("packets", "◉ 4")
	u.says("packets", "jitter")
}

func (u *user) seesWhatIsStale() {
	u.WaitFor("a temperature that came late", func(p view.Probed) bool { return strings.Contains(p.Text("packets"), " stale") })
}

// arrangesTheChart leaves three series in it.
func (u *user) arrangesTheChart() {
	u.Try(func() { u.Click("packets", "senml"); u.Key("space") }, "a chart without it", func(p view.Probed) bool {
		return !p.Says("packets", "senml ") && strings.Count(p.Text("packets"), "senml") == 1
	})
	u.Try(func() { u.Click("packets", "Line") }, "steps", func(p view.Probed) bool { return p.Says("packets", "Step") })
	u.Try(func() { u.Click("packets", "Step") }, "lines", func(p view.Probed) bool { return p.Says("packets", "Line") })
	u.Try(func() { u.Click("packets", "60 s") }, "spans", func(p view.Probed) bool { return p.Says("", "30 s") })
	u.Try(func() { u.Click("", "30 s") }, "half a minute", func(p view.Probed) bool { return !p.Says("packets", "60 s") })
}

// observesWhatIsObserved observes from a request tab what the tree has begun: it stays one observation.
func (u *user) observesWhatIsObserved() {
	u.goTo("coap://127.0.0.11/sensors/co2")
	u.Try(func() { u.Key("ctrl+e") }, "an observation", func(p view.Probed) bool { return p.State == "observing" && p.Code == "2.05" })
	u.says("status", "4 observations")
	u.want("rows with co2", strings.Count(u.Probe().Text("packets"), "co2 livingroom-node"), 1)
}

func (u *user) exportsWhatWasSeen() {
	text := u.export("Save as CSV", "seen.csv")
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	u.want("the first line", lines[0], "time,device,path,number,value,unit,text,mark,packet,variant")
	stale := 0
	for _, line := range lines[1:] {
		fields := strings.SplitN(line, ",", 4)
		if _, err := time.Parse(time.RFC3339Nano, fields[0]); err != nil || fields[1] != "livingroom-node" || !strings.HasPrefix(fields[2], "/sensors/") {
			u.t.Errorf("line %q, %v", line, err)
		}
		if strings.Contains(line, "came too late") {
			stale++
		}
		if fields[2] == "/sensors/senml" {
			u.t.Errorf("%q is not in the chart", line)
		}
	}
	if stale == 0 || stale > 4 {
		u.t.Errorf("%d notifications came late", stale)
	}
}
