// The parts of a cluster that the test bed plays itself. Standard library only.
module flightdeck.test/bed/standin

go 1.26.0
