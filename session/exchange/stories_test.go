package exchange

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// story is a playbook, and the source of what is random in it; nil for counting.
type story struct {
	name   string
	source rand.Source
	script string
}

func TestPlaybooks(t *testing.T) {
	for _, s := range slices.Concat(messageStories, responseStories, paceStories, identifiersStories, endStories) {
		source := s.source
		if given, ok := source.(*steps); ok {
			source = &steps{by: given.by} // from the beginning each time
		}
		t.Run(s.name, func(t *testing.T) { play(t, source, s.script) })
	}
}
