# The program alone, without an account to log in with, and without a shell's worth of packages: TLS comes with it.
FROM rust:1.94-slim-bookworm AS build
WORKDIR /windlass
COPY . .
RUN cargo build --release --locked --bin windlass

FROM debian:bookworm-slim
COPY --from=build /windlass/target/release/windlass /usr/local/bin/windlass
USER 65532:65532
ENV WINDLASS_PROFILE=production \
    WINDLASS__TELEMETRY__METRICS_ADDRESS=0.0.0.0:9464 \
    WINDLASS__API__ADDRESS=0.0.0.0:9465 \
    WINDLASS__API__METRICS_ADDRESS=0.0.0.0:9466
EXPOSE 9464 9465 9466
ENTRYPOINT ["windlass"]
CMD ["worker"]
