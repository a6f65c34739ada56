# The rings: the only meeting point of producers and the consumer.
obj-$(CONFIG_RILL_FLIGHT) += src/ring/flight.o
obj-$(CONFIG_RILL_FLIGHT) += src/ring/flight_copy.o
obj-y += src/ring/ring_consumer.o
obj-$(CONFIG_RILL_RING_FILE) += src/ring/ring_file.o
obj-y += src/ring/ring_producer.o
obj-y += src/ring/ring_set.o
obj-y += src/ring/wake.o
obj-$(CONFIG_RILL_TEST_POINTS) += src/ring/point.o
