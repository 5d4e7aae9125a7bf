//go:build !race

package peertest_test

const raced = false
