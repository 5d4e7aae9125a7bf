package view

import (
	"fmt"
	"strings"

	"coapscope/session/fault"
)

// FaultsText gives what is done to datagrams on purpose, a rule a line.
func (w *Workbench) FaultsText() string {
	c, _ := w.Engine.Faults()
	return c.String()
}

// CheckFaults tells what is wrong with such a text.
func CheckFaults(text string) error {
	_, err := fault.Parse(text)
	return err
}

// SetFaults has it done from now on.
func (w *Workbench) SetFaults(text string) error {
	c, err := fault.Parse(text)
	if err != nil {
		return err
	}
	if err := w.Engine.SetFaults(c); err != nil {
		return err
	}
	if len(c.Rules) == 0 {
		w.Say(Good, "The network is left as it is")
	} else {
		w.Say(Warning, "The network is made bad by %s", count(len(c.Rules), "rule", "rules"))
	}
	w.Changed(PartStatus)
	return nil
}

// FaultsDone says what was done so far.
func (w *Workbench) FaultsDone() string {
	_, n := w.Engine.Faults()
	if n.Datagrams == 0 {
		return "Every line can be read"
	}
	var parts []string
	for _, k := range []struct {
		n    uint64
		what string
	}{{n.Lost, "lost"}, {n.Delayed, "delayed"}, {n.Duplicated, "duplicated"}, {n.Reordered, "reordered"}, {n.Corrupted, "corrupted"}} {
		if k.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.what))
		}
	}
	if parts == nil {
		parts = []string{"nothing done"}
	}
	return fmt.Sprintf("Of %s so far: %s", count(int(n.Datagrams), "datagram", "datagrams"), strings.Join(parts, ", "))
}
